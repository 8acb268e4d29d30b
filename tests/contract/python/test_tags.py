"""Corp tags (企业标签): the library, and marking customers."""

from simulator import Contract, control, friend, member


class Tags(Contract):
    def group(self, name, *tags):
        """A new group of this app's."""
        tags = [{"name": tag} for tag in tags]
        return self.wecom.external_contact.add_corp_tag(None, name, None, tags)["tag_group"]

    def names(self, external_userid, userid):
        """Tags that the customer bears with one member."""
        follow = self.wecom.external_contact.get(external_userid)["follow_user"]
        (one,) = [one for one in follow if one["userid"] == userid]
        return sorted(f"{tag['group_name']}/{tag['tag_name']}" for tag in one["tags"])

    def test_a_group_is_made_with_its_tags_and_listed_by_order(self):
        tags = [{"name": "一般", "order": 1}, {"name": "高", "order": 9}, {"name": "高", "order": 3}]
        made = self.wecom.external_contact.add_corp_tag(None, "意向等级", 7, tags)["tag_group"]
        self.assertEqual((made["group_name"], made["order"]), ("意向等级", 7))
        self.assertEqual([tag["name"] for tag in made["tag"]], ["高", "一般"], "one of a name, larger order first")
        groups = self.wecom.external_contact.get_corp_tag_list()["tag_group"]
        (listed,) = [group for group in groups if group["group_id"] == made["group_id"]]
        self.assertEqual(listed, made)
        (found,) = self.wecom.external_contact.get_corp_tag_list([made["tag"][0]["id"]])["tag_group"]
        self.assertEqual([tag["name"] for tag in found["tag"]], ["高"])

    def test_a_tag_joins_its_group_by_name_or_id(self):
        group = self.group("预算", "十万以下")
        by_id = self.wecom.external_contact.add_corp_tag(group["group_id"], "别的名字", 3, [{"name": "十万以上"}])
        by_name = self.wecom.external_contact.add_corp_tag(None, "预算", None, [{"name": "不限"}])
        for answer in (by_id, by_name):
            self.assertEqual(answer["tag_group"]["group_id"], group["group_id"])
            self.assertEqual(answer["tag_group"]["group_name"], "预算")
        with self.refused(40071):
            self.wecom.external_contact.add_corp_tag(None, "预算", None, [{"name": "不限"}])

    def test_names_have_one_to_thirty_characters(self):
        self.assertEqual(self.group("长" * 30, "字" * 30)["group_name"], "长" * 30)
        for group, tag in (("短", "字" * 31), ("字" * 31, "短")):
            with self.refused(40072):
                self.group(group, tag)

    def test_tags_and_groups_are_renamed_and_deleted(self):
        group = self.group("渠道", "门店", "展会")
        shop, fair = (tag["id"] for tag in group["tag"])
        self.wecom.external_contact.edit_corp_tag(shop, "到店", 5)
        self.wecom.external_contact.edit_corp_tag(group["group_id"], name="来源")
        (found,) = self.wecom.external_contact.get_corp_tag_list([shop])["tag_group"]
        self.assertEqual((found["group_name"], found["tag"][0]["name"]), ("来源", "到店"))
        self.wecom.external_contact.del_corp_tag(tag_id=[shop])
        self.assertIn(group["group_id"], self.living())
        self.wecom.external_contact.del_corp_tag(tag_id=[fair])
        self.assertNotIn(group["group_id"], self.living(), "no group is empty")
        (dead,) = self.wecom.external_contact.get_corp_tag_list([shop])["tag_group"]
        self.assertTrue(dead["tag"][0]["deleted"])
        whole = self.group("整组", "甲", "乙")
        self.wecom.external_contact.del_corp_tag(group_id=[whole["group_id"]])
        self.assertNotIn(whole["group_id"], self.living())

    def living(self):
        groups = self.wecom.external_contact.get_corp_tag_list()["tag_group"]
        return [group["group_id"] for group in groups]

    def test_what_the_console_made_can_be_used_and_not_changed(self):
        made = control("tags", {"group": "后台", "name": "重点"})
        with self.refused(60011):
            self.wecom.external_contact.edit_corp_tag(made["id"], "改名")
        with self.refused(60011):
            self.wecom.external_contact.del_corp_tag(tag_id=[made["id"]])
        userid = member()
        external_userid = friend(userid)
        self.wecom.external_contact.mark_tag(userid, external_userid, add_tag=[made["id"]])
        self.assertEqual(self.names(external_userid, userid), ["后台/重点"])

    def test_marking_is_per_member_and_twice_is_once(self):
        first, second = member(), member()
        external_userid = friend(first)
        control(f"customers/{external_userid}/add", {"userid": second})
        group = self.group("车型", "轿车", "越野", "客车")
        saloon, jeep, van = (tag["id"] for tag in group["tag"])
        mark = self.wecom.external_contact.mark_tag
        mark(first, external_userid, add_tag=[saloon, jeep])
        mark(first, external_userid, add_tag=[saloon])
        self.assertEqual(self.names(external_userid, first), ["车型/越野", "车型/轿车"])
        self.assertEqual(self.names(external_userid, second), [])
        mark(first, external_userid, add_tag=[van], remove_tag=[saloon])
        self.assertEqual(self.names(external_userid, first), ["车型/客车", "车型/越野"])
        mark(first, external_userid, remove_tag=[jeep, van])
        self.assertEqual(self.names(external_userid, first), [])

    def test_marking_needs_a_contact_a_tag_and_something_to_do(self):
        userid, other = member(), member()
        external_userid = friend(userid)
        tag = self.group("检查", "有")["tag"][0]["id"]
        mark = self.wecom.external_contact.mark_tag
        with self.refused(84061):
            mark(other, external_userid, add_tag=[tag])
        with self.refused(40068):
            mark(userid, external_userid, add_tag=["etUnknown"])
        with self.refused(40058):
            mark(userid, external_userid)

    def test_a_customer_who_blocked_the_member_can_be_marked_and_a_deleted_one_cannot(self):
        userid = member()
        blocker, deleted = friend(userid), friend(userid)
        tag = self.group("流失", "是")["tag"][0]["id"]
        control(f"customers/{blocker}/block", {"userid": userid})
        control(f"staff/{userid}/delete", {"external_userid": deleted})
        self.wecom.external_contact.mark_tag(userid, blocker, add_tag=[tag])
        with self.refused(84061):
            self.wecom.external_contact.mark_tag(userid, deleted, add_tag=[tag])
