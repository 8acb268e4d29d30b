"""Media: what goes up comes down, until it runs out."""

from files import named, png
from simulator import Contract, member, now, wait


class Media(Contract):
    def test_a_picture_comes_back_as_it_was(self):
        answer = self.wecom.media.upload("image", named("cover.png", png(520, 416)))
        self.assertEqual(answer["type"], "image")
        self.assertEqual(answer["created_at"], str(now()), "a text here")
        got = self.wecom.media.download(answer["media_id"])
        self.assertEqual((got.status_code, got.content), (200, png(520, 416)))
        self.assertEqual(got.headers["content-type"], "image/png")
        self.assertIn('filename="cover.png"', got.headers["content-disposition"])

    def test_a_file_keeps_every_byte_whatever_it_is_called(self):
        content = b"\r\n--boundary--\r\n\0\xff" * 1000
        for name in ("list.csv", "报价单.pdf", "it's.txt", "a;b=c.txt"):
            with self.subTest(name):
                media_id = self.wecom.media.upload("file", named(name, content))["media_id"]
                got = self.wecom.media.download(media_id)
                self.assertEqual(got.content, content)
                if name.isascii():
                    self.assertIn(f'filename="{name}"', got.headers["content-disposition"])

    def test_a_part_of_a_file_can_be_asked_for(self):
        media_id = self.wecom.media.upload("file", named("digits.txt", b"0123456789"))["media_id"]
        got = self.wecom._http.get(self.wecom.media.get_url(media_id), headers={"Range": "bytes=2-5"})
        self.assertEqual((got.status_code, got.content), (206, b"2345"))
        self.assertEqual(got.headers["content-range"], "bytes 2-5/10")

    def test_a_file_runs_out_after_three_days(self):
        media_id = self.wecom.media.upload("image", named("a.png", png()))["media_id"]
        wait(3 * 86400 - 60)
        # A refusal comes as JSON where the file would have come; the SDK does not look, so its token is not renewed either.
        self.assertEqual(self.wecom.media.download(media_id).json()["errcode"], 42001)
        self.wecom.fetch_access_token()
        self.assertEqual(self.wecom.media.download(media_id).content, png())
        wait(120)
        self.assertEqual(self.wecom.media.download(media_id).json()["errcode"], 40007)

    def test_what_is_too_small_too_large_or_something_else_is_refused(self):
        for code, kind, content in (
            (40006, "file", b"12345"),
            (44001, "file", b""),
            (40009, "image", png() + bytes(10 << 20)),
            (45001, "file", bytes((20 << 20) + 1)),
            (40004, "video", b"no film at all"),
            (40005, "animation", png()),
        ):
            with self.subTest(kind=kind, size=len(content)), self.refused(code):
                self.wecom.media.upload(kind, named("x", content))

    def test_a_picture_to_link_to_has_an_address_and_no_id(self):
        answer = self.wecom.media.upload_img(named("a.png", png()))
        self.assertTrue(answer["url"].startswith("https://"))
        self.assertNotIn("media_id", answer)

    def test_what_was_uploaded_for_the_moments_is_no_good_elsewhere(self):
        params = {"media_type": "image", "attachment_type": 1}
        files = {"media": named("a.png", png())}
        answer = self.wecom.post("media/upload_attachment", params=params, files=files)
        self.assertEqual(answer["created_at"], now(), "a number here")
        attachment = {"msgtype": "image", "image": {"media_id": answer["media_id"]}}
        template = {"sender": member(), "attachments": [attachment]}
        with self.refused(40007):
            self.wecom.external_contact.add_msg_template(template)
