"""Messages from the app to members (应用消息), and what can still be done about them."""

from files import amr, mp4, named, png
from simulator import AGENT_ID, Contract, control, friend, member, wait


class Messages(Contract):
    def inbox(self, userid):
        return control(f"staff/{userid}/inbox")["items"]

    def test_a_text_arrives(self):
        first, second = member(), member()
        text = "有 3 个待办\n<a href=\"https://example.com/\">去看</a>"
        answer = self.wecom.message.send_text(AGENT_ID, [first, second], text)
        self.assertEqual((answer["errcode"], answer["invaliduser"]), (0, ""))
        for userid in (first, second):
            (message,) = self.inbox(userid)
            self.assertEqual(message["msgid"], answer["msgid"])
            self.assertEqual(message["text"], text)

    def test_a_text_card_arrives(self):
        userid = member()
        words = ("今日待办", "陈洁：报价单", "https://example.com/todo", "查看")
        self.wecom.message.send_text_card(AGENT_ID, userid, *words)
        (message,) = self.inbox(userid)
        self.assertEqual(message["msgtype"], "textcard")
        content = message["content"]
        self.assertEqual((content["title"], content["description"], content["url"], content["btntxt"]), words)

    def test_every_other_kind_that_the_sdk_knows_arrives(self):
        userid = member()
        image = self.wecom.media.upload("image", named("a.png", png()))["media_id"]
        file = self.wecom.media.upload("file", named("a.txt", b"a file of text"))["media_id"]
        voice = self.wecom.media.upload("voice", named("a.amr", amr()))["media_id"]
        video = self.wecom.media.upload("video", named("a.mp4", mp4()))["media_id"]
        send = self.wecom.message
        send.send_image(AGENT_ID, userid, image)
        send.send_file(AGENT_ID, userid, file)
        send.send_voice(AGENT_ID, userid, voice)
        send.send_video(AGENT_ID, userid, video, "标题", "说明")
        send.send_markdown(AGENT_ID, userid, "**三** 个待办")
        article = {"title": "新车", "description": "到店", "url": "https://example.com/"}
        send.send_articles(AGENT_ID, userid, [{**article, "image": "https://example.com/new.png"}])
        page = {"title": "手册", "author": "市场部", "digest": "摘要", "content": "<p>正文</p>"}
        page |= {"thumb_media_id": image, "content_source_url": "https://example.com/book", "show_cover_pic": 1}
        send.send_mp_articles(AGENT_ID, userid, [page])
        kinds = [message["msgtype"] for message in self.inbox(userid)]
        self.assertEqual(kinds, ["image", "file", "voice", "video", "markdown", "news", "mpnews"])

    def test_those_who_do_not_exist_are_named_and_the_others_served(self):
        userid = member()
        answer = self.wecom.message.send_text(AGENT_ID, [userid, "Nobody-One", "nobody-two"], "在吗")
        self.assertEqual(sorted(answer["invaliduser"].split("|")), ["nobody-one", "nobody-two"])
        self.assertEqual(len(self.inbox(userid)), 1)
        with self.refused(81013):
            self.wecom.message.send_text(AGENT_ID, ["nobody-one"], "在吗")

    def test_departments_are_reached(self):
        control("departments", {"id": 70, "name": "展厅"})
        control("departments", {"id": 71, "name": "展厅一组", "parent": 70})
        inside, below, outside = member(departments=[70]), member(departments=[71]), member()
        self.wecom.message.send_text(AGENT_ID, "", "开会", party_ids=["70"])
        self.assertEqual([len(self.inbox(userid)) for userid in (inside, below, outside)], [1, 1, 0])

    def test_another_apps_number_and_unknown_kinds_are_refused(self):
        userid = member()
        with self.refused(301002):
            self.wecom.message.send_text(AGENT_ID + 1, userid, "在吗")
        with self.refused(40008):
            self.wecom.message.send(AGENT_ID, userid, msg={"msgtype": "poem", "poem": {"content": "春眠"}})
        with self.refused(40007):
            self.wecom.message.send_image(AGENT_ID, userid, "no-such-media")
        with self.refused(44004):
            self.wecom.message.send_text(AGENT_ID, userid, "")

    def test_the_same_again_within_the_interval_arrives_once(self):
        userid = member()
        body = {"msgtype": "text", "text": {"content": "提醒"}}
        body |= {"enable_duplicate_check": 1, "duplicate_check_interval": 600}
        self.wecom.message.send(AGENT_ID, userid, msg=body)
        self.wecom.message.send(AGENT_ID, userid, msg=body)
        self.assertEqual(len(self.inbox(userid)), 1)
        wait(601)
        self.wecom.message.send(AGENT_ID, userid, msg=body)
        self.assertEqual(len(self.inbox(userid)), 2)

    def test_a_message_is_taken_back_within_a_day(self):
        userid = member()
        msgid = self.wecom.message.send_text(AGENT_ID, userid, "发错了")["msgid"]
        self.without_sdk("message/recall", {"msgid": msgid})
        (message,) = self.inbox(userid)
        self.assertTrue(message["recalled"])
        old = self.wecom.message.send_text(AGENT_ID, userid, "昨天的")["msgid"]
        wait(86400 + 60)
        with self.refused(42052):
            self.without_sdk("message/recall", {"msgid": old})

    def test_a_card_of_buttons_is_pressed_and_its_button_replaced(self):
        userid = member()
        friend(userid)
        card = {
            "card_type": "button_interaction",
            "main_title": {"title": "陈洁", "desc": "报价单"},
            "task_id": f"task-{userid}",
            "button_list": [{"text": "已发送", "style": 1, "key": "sent"}, {"text": "跳过", "style": 2, "key": "skip"}],
        }
        body = {"msgtype": "template_card", "template_card": card}
        sent = self.wecom.message.send(AGENT_ID, userid, msg=body)
        self.assertTrue(sent["response_code"])
        with self.refused(42014):
            self.wecom.message.send(AGENT_ID, userid, msg=body)
        pressed = control(f"staff/{userid}/click", {"msgid": sent["msgid"], "key": "sent"})
        self.assertEqual(pressed["event"], "template_card_event")
        update = {
            "userids": [userid],
            "agentid": AGENT_ID,
            "response_code": pressed["response_code"],
            "button": {"replace_name": "已处理"},
        }
        self.assertEqual(self.without_sdk("message/update_template_card", update)["invaliduser"], [])
        (message,) = self.inbox(userid)
        self.assertEqual(message["replaced"], "已处理")
        with self.refused(60140):
            self.without_sdk("message/update_template_card", update)
