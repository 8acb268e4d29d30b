"""Customers: lists, details, remarks, statistics of those who serve them."""

from simulator import Contract, add, control, customer, friend, member, now


class Contacts(Contract):
    def test_those_who_serve_customers_are_listed_and_those_without_a_licence_are_not(self):
        licensed, unlicensed = member(), member(licensed=False)
        listed = self.wecom.external_contact.get_follow_user_list()["follow_user"]
        self.assertIn(licensed, listed)
        self.assertNotIn(unlicensed, listed)

    def test_a_members_customers_are_listed_whoever_blocked_them(self):
        userid = member()
        with self.refused(84061):
            self.wecom.external_contact.list(userid)
        stays, blocks, goes = friend(userid), friend(userid), friend(userid)
        control(f"customers/{blocks}/block", {"userid": userid})
        control(f"staff/{userid}/delete", {"external_userid": goes})
        listed = self.wecom.external_contact.list(userid)["external_userid"]
        self.assertEqual(sorted(listed), sorted([stays, blocks]))

    def test_a_customer_is_told_in_full_with_everybody_who_added_them(self):
        first, second = member(), member()
        external_userid = customer("陈洁", unionid="oUnionOfChenJie", gender=2)
        began = now()
        add(external_userid, first, add_way=2, state="spring")
        add(external_userid, second, by_member=True)
        notes = {"external_userid": external_userid, "add_personal": ["老客户"], "remark": "陈姐"}
        control(f"staff/{first}/tag", notes)

        answer = self.wecom.external_contact.get(external_userid)
        contact = answer["external_contact"]
        self.assertEqual(contact["external_userid"], external_userid)
        self.assertEqual((contact["name"], contact["type"], contact["gender"]), ("陈洁", 1, 2))
        self.assertEqual(contact["unionid"], "oUnionOfChenJie")
        self.assertNotIn("corp_name", contact)
        follow = {one["userid"]: one for one in answer["follow_user"]}
        self.assertEqual(sorted(follow), sorted([first, second]))
        one = follow[first]
        self.assertEqual((one["remark"], one["add_way"], one["state"]), ("陈姐", 2, "spring"))
        self.assertEqual(one["createtime"], began)
        self.assertEqual(one["oper_userid"], external_userid)
        self.assertEqual(follow[second]["oper_userid"], second)
        # A member's own tag has no id.
        (tag,) = one["tags"]
        self.assertEqual((tag["tag_name"], tag["type"]), ("老客户", 2))
        self.assertNotIn("tag_id", tag)

    def test_somebody_of_another_corp_has_an_employer_and_no_unionid(self):
        userid = member()
        employer = {"corp_name": "远山", "corp_full_name": "远山贸易有限公司", "position": "采购"}
        external_userid = customer("周宁", **employer)
        add(external_userid, userid)
        contact = self.wecom.external_contact.get(external_userid)["external_contact"]
        self.assertEqual((contact["type"], contact["corp_name"], contact["position"]), (2, "远山", "采购"))
        self.assertEqual(contact["corp_full_name"], "远山贸易有限公司")
        self.assertNotIn("unionid", contact)

    def test_strangers_and_those_added_by_half_are_refused(self):
        userid = member()
        with self.refused(40096):
            self.wecom.external_contact.get("wmNobody")
        with self.refused(60111):
            self.wecom.external_contact.list("nobody")
        half = customer()
        add(half, userid, half=True)
        with self.refused(84061):
            self.wecom.external_contact.get(half)

    def test_all_customers_of_several_members_come_page_by_page(self):
        # The SDK's own call is older than `userid_list`.
        userids = [member(), member()]
        wanted = {(userid, friend(userid, f"客户{n}")) for userid in userids for n in range(7)}
        body = {"userid_list": userids, "limit": 3}
        rows = self.all_pages("externalcontact/batch/get_by_user", body, "external_contact_list")
        found = {(row["follow_info"]["userid"], row["external_contact"]["external_userid"]) for row in rows}
        self.assertEqual(found, wanted)
        self.assertEqual(len(rows), len(wanted), "no row comes twice")
        self.assertEqual({type(row["follow_info"]["tag_id"]) for row in rows}, {list})
        with self.refused(50100):
            self.without_sdk("externalcontact/batch/get_by_user", {**body, "cursor": "made up"})

    def test_a_member_without_a_licence_is_named_beside_the_rows(self):
        licensed, unlicensed = member(), member(licensed=False)
        friend(licensed)
        body = {"userid_list": [licensed, unlicensed]}
        answer = self.without_sdk("externalcontact/batch/get_by_user", body)
        self.assertEqual(answer["fail_info"]["unlicensed_userid_list"], [unlicensed])
        self.assertEqual(len(answer["external_contact_list"]), 1)

    def test_a_remark_is_written_and_read_back(self):
        userid = member()
        external_userid = friend(userid)
        body = {
            "userid": userid,
            "external_userid": external_userid,
            "remark": "王总",
            "description": "要七座的",
            "remark_company": "远山",
            "remark_mobiles": ["13800000001", "13800000002"],
        }
        self.without_sdk("externalcontact/remark", body)
        (follow,) = self.wecom.external_contact.get(external_userid)["follow_user"]
        self.assertEqual((follow["remark"], follow["description"]), ("王总", "要七座的"))
        self.assertEqual(follow["remark_corp_name"], "远山")
        self.assertEqual(follow["remark_mobiles"], ["13800000001", "13800000002"])
        self.without_sdk("externalcontact/remark", {**body, "remark_mobiles": [""]})
        (follow,) = self.wecom.external_contact.get(external_userid)["follow_user"]
        self.assertEqual(follow["remark_mobiles"], [])
        with self.refused(40058):
            self.without_sdk("externalcontact/remark", {**body, "remark": "字" * 21})


class Statistics(Contract):
    def test_a_day_of_two_members_is_added_up(self):
        userids = [member(), member()]
        customers = [friend(userid) for userid in userids]
        for external_userid, userid in zip(customers, userids):
            control(f"customers/{external_userid}/say", {"userid": userid, "text": "在吗"})
            control(f"staff/{userid}/say", {"external_userid": external_userid, "text": "在的"})
        control(f"customers/{customers[0]}/block", {"userid": userids[0]})
        day = (now() + 8 * 3600) // 86400 * 86400 - 8 * 3600
        (row,) = self.wecom.external_contact.get_user_behavior_data(userids, day, day)["behavior_data"]
        self.assertEqual(row["stat_time"], day)
        self.assertEqual((row["new_contact_cnt"], row["negative_feedback_cnt"]), (2, 1))
        self.assertEqual((row["chat_cnt"], row["message_cnt"]), (2, 2))
        self.assertEqual(row["reply_percentage"], 100)

    def test_it_goes_back_180_days_and_30_at_a_time(self):
        userid, today = member(), now()
        for start, end in ((today - 181 * 86400, today - 170 * 86400), (today - 31 * 86400, today)):
            with self.refused(40058):
                self.wecom.external_contact.get_user_behavior_data([userid], start, end)
        month = self.wecom.external_contact.get_user_behavior_data([userid], today - 29 * 86400, today)
        self.assertEqual(len(month["behavior_data"]), 30)
        self.assertNotIn("reply_percentage", month["behavior_data"][0])
