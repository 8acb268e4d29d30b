"""Callbacks: the SDK reads what the simulator sends, and the product takes what the SDK writes."""

import os
import time

import requests
import xmltodict
from simulator import AGENT_ID, CORP_ID, URL, Contract, add, callbacks_of, control, customer, friend, member, now
from simulator import product, wait
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.utils import WeChatSigner
from wechatpy.work import parse_message
from wechatpy.work.crypto import WeChatCrypto
from wechatpy.work.exceptions import InvalidCorpIdException

TOKEN = os.environ["WECOM_CALLBACK_TOKEN"]
KEY = os.environ["WECOM_CALLBACK_AES_KEY"]
NONCE = "1372623149"


def crypto(token=TOKEN, key=KEY, corp_id=CORP_ID):
    return WeChatCrypto(token, key, corp_id)


def seal(message, by=None):
    """The SDK's ciphertext of a message, and the query that signs it."""
    sealed = (by or crypto()).encrypt_message(message, NONCE, str(now()))
    sealed = xmltodict.parse(sealed)["xml"]
    query = {"msg_signature": sealed["MsgSignature"], "timestamp": sealed["TimeStamp"], "nonce": sealed["Nonce"]}
    return sealed["Encrypt"], query


def post(message, by=None, **changed):
    """Sends the product an event that the SDK encrypted and signed; answers HTTP's status and body."""
    encrypt, query = seal(message, by)
    envelope = {"ToUserName": CORP_ID, "AgentID": AGENT_ID, "Encrypt": encrypt}
    body = xmltodict.unparse({"xml": envelope}, full_document=False)
    answer = requests.post(f"{URL}/wecom/callback", params={**query, **changed}, data=body.encode())
    return answer.status_code, answer.text


def event(change, userid, external_userid, **more):
    """An event about a contact, as WeCom writes it."""
    fields = {
        "ToUserName": CORP_ID,
        "FromUserName": "sys",
        "CreateTime": now(),
        "MsgType": "event",
        "Event": "change_external_contact",
        "ChangeType": change,
        "UserID": userid,
        "ExternalUserID": external_userid,
        **more,
    }
    return xmltodict.unparse({"xml": fields}, full_document=False)


def unheard(external_userid, userid):
    """The customer adds the member, and WeCom's word of it gets lost."""
    control("faults", {"callbacks": "drop", "change": "add_external_contact", "times": 1})
    add(external_userid, userid)


class FromTheSimulator(Contract):
    def opened(self, callback, by=None):
        """What the SDK makes of a callback of the simulator's.

        A callback is signed as it sets out. Here the SDK signs it; the simulator's signatures are the product's to check,
        and the product's checks are held against the SDK below.
        """
        timestamp, signer = str(now()), WeChatSigner()
        signer.add_data(TOKEN, timestamp, NONCE, xmltodict.parse(callback["raw"])["xml"]["Encrypt"])
        plain = (by or crypto()).decrypt_message(callback["raw"], signer.signature, timestamp, NONCE)
        self.assertEqual(plain, callback["plain"])
        return parse_message(plain)

    def test_a_new_contact_is_read_by_the_sdk_and_the_product(self):
        userid, external_userid = member(), customer("陈洁")
        done = {}
        (callback,) = callbacks_of(lambda: done.update(add(external_userid, userid, state="poster")))
        message = self.opened(callback)
        self.assertEqual((message.event, message.change_type), ("change_external_contact", "add_external_contact"))
        self.assertEqual((message.user_id, message.external_user_id), (userid, external_userid))
        self.assertEqual((message.state, message.welcome_code), ("poster", done["welcome_code"]))
        self.assertEqual((message.target, message.source), (CORP_ID, "sys"))
        self.assertEqual(int(message.time), now())
        self.assertEqual(callback["fate"], "delivered")
        self.assertEqual(product(f"customers/{external_userid}")["name"], "陈洁")

    def test_messages_of_every_length_are_read(self):
        # Padding is 1 to 32 bytes; 17 to 32 are what many libraries stumble over.
        userid, lengths = member(), set()
        for n in range(32):
            external_userid = f"wmPadding{'x' * n}"
            control("customers", {"external_userid": external_userid, "name": "填充"})
            (callback,) = callbacks_of(lambda: add(external_userid, userid))
            self.assertEqual(self.opened(callback).external_user_id, external_userid)
            lengths.add(len(callback["plain"].encode()) % 32)
        self.assertEqual(len(lengths), 32)

    def test_each_kind_of_event_is_read(self):
        userid = member()
        external_userid = friend(userid)
        for kind, path, body in (
            ("edit_external_contact", f"staff/{userid}/tag", {"external_userid": external_userid, "remark": "陈姐"}),
            ("del_follow_user", f"customers/{external_userid}/block", {"userid": userid}),
            ("del_external_contact", f"staff/{userid}/delete", {"external_userid": external_userid}),
        ):
            (callback,) = callbacks_of(lambda: control(path, body))
            message = self.opened(callback)
            self.assertEqual((message.change_type, message.user_id), (kind, userid))
            self.assertEqual(message.external_user_id, external_userid)
        callbacks = callbacks_of(lambda: control("tags", {"group": "回调", "name": "甲"}))
        messages = [self.opened(callback) for callback in callbacks]
        self.assertEqual({(one.event, one.change_type) for one in messages}, {("change_external_tag", "create")})
        self.assertEqual(sorted(one.tag_type for one in messages), ["tag", "tag_group"])

    def test_another_token_or_corp_cannot_read_it(self):
        (callback,) = callbacks_of(lambda: friend(member()))
        with self.assertRaises(InvalidSignatureException):
            self.opened(callback, crypto(token="another"))
        with self.assertRaises(InvalidCorpIdException):
            self.opened(callback, crypto(corp_id="ww0000000000000000"))

    def test_what_the_app_does_itself_comes_back_as_no_callback(self):
        userid = member()
        external_userid = friend(userid)
        remark = {"userid": userid, "external_userid": external_userid, "remark": "王总"}

        def act():
            made = self.wecom.external_contact.add_corp_tag(None, "无回调", None, [{"name": "甲"}])["tag_group"]
            tag = made["tag"][0]["id"]
            self.wecom.external_contact.mark_tag(userid, external_userid, add_tag=[tag])
            self.wecom.external_contact.edit_corp_tag(tag, "乙")
            self.wecom.external_contact.del_corp_tag(tag_id=[tag])
            self.without_sdk("externalcontact/remark", remark)

        self.assertEqual(callbacks_of(act), [])


class ToTheProduct(Contract):
    def test_the_product_verifies_its_address_at_once(self):
        # Lengths that make every padding, and base64 with plus, slash and equals signs.
        for length in range(1, 40):
            echo = "1616140317555161061924839201348756203984"[:length]
            encrypt, query = seal(echo)
            began = time.monotonic()
            answer = requests.get(f"{URL}/wecom/callback", params={**query, "echostr": encrypt})
            self.assertEqual((answer.status_code, answer.content), (200, echo.encode()))
            self.assertLess(time.monotonic() - began, 1)

    def test_the_product_takes_and_obeys_what_the_sdk_encrypts(self):
        userid, external_userid = member(), customer("陈洁")
        unheard(external_userid, userid)
        wait(1)
        self.assertIsNone(product(f"customers/{external_userid}"))
        answer = post(event("add_external_contact", userid, external_userid))
        self.assertEqual(answer, (200, ""))
        wait(1)
        told = product(f"customers/{external_userid}")
        self.assertEqual((told["id"], told["name"], told["owner"]), (external_userid, "陈洁", userid))

    def test_the_same_event_again_is_taken_and_changes_nothing(self):
        userid, external_userid = member(), customer()
        unheard(external_userid, userid)
        once = event("add_external_contact", userid, external_userid)
        self.assertEqual(post(once)[0], 200)
        wait(1)
        before = product(f"customers/{external_userid}")
        self.assertEqual(post(once)[0], 200, "encrypted anew: other bytes, one event")
        wait(1)
        self.assertEqual(product(f"customers/{external_userid}"), before)

    def test_messages_of_every_length_are_taken(self):
        userid = member()
        people = [f"wmLength{'y' * n}" for n in range(32)]
        for external_userid in people:
            control("customers", {"external_userid": external_userid, "name": "长度"})
            unheard(external_userid, userid)
            self.assertEqual(post(event("add_external_contact", userid, external_userid))[0], 200)
        wait(1)
        for external_userid in people:
            self.assertIsNotNone(product(f"customers/{external_userid}"), external_userid)

    def test_a_wrong_token_key_corp_or_signature_is_refused(self):
        userid, external_userid = member(), customer()
        unheard(external_userid, userid)
        message = event("add_external_contact", userid, external_userid)
        other_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
        for by in (crypto(token="another"), crypto(key=other_key), crypto(corp_id="ww0000000000000000")):
            self.assertEqual(post(message, by)[0], 403)
        for changed in ({"msg_signature": "0" * 40}, {"timestamp": "1409659813"}, {"nonce": "1"}, {"msg_signature": ""}):
            self.assertEqual(post(message, **changed)[0], 403)
        wait(1)
        self.assertIsNone(product(f"customers/{external_userid}"))
