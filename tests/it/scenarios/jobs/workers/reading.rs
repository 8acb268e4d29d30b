//! Workers that read what WeCom holds: they die anywhere, and each contact is taken over once.

use std::collections::{BTreeMap, BTreeSet};

use domain::What;
use serde_json::Value;

use super::*;

/// WeCom, as far as it tells of Zhang's customers.
struct Lists {
    /// Their tags, by customer.
    customers: BTreeMap<String, Vec<&'static str>>,
    createtime: i64,
}

impl Lists {
    fn answer(&self, path: &str, query: &BTreeMap<String, String>, body: &Value) -> Value {
        match path.trim_start_matches("/cgi-bin/") {
            "gettoken" => json!({"access_token": "t", "expires_in": 7200}),
            "externalcontact/get_corp_tag_list" => {
                json!({"tag_group": [{"group_id": "g", "group_name": "兴趣",
                "tag": [{"id": "suv", "name": "SUV"}, {"id": "vip", "name": "VIP"}]}]})
            }
            "externalcontact/get_follow_user_list" => json!({"follow_user": ["zhang"]}),
            "externalcontact/list" => json!({"external_userid": self.customers.keys().collect::<Vec<_>>()}),
            "externalcontact/batch/get_by_user" => self.page(body["cursor"].as_str().unwrap_or_default()),
            "externalcontact/get" => self.contact(&query["external_userid"]),
            other => panic!("nobody calls {other}"),
        }
    }

    fn page(&self, cursor: &str) -> Value {
        let behind = self.customers.iter().filter(|(id, _)| cursor.is_empty() || id.as_str() > cursor);
        let page: Vec<_> = behind.take(100).collect();
        let row = |(id, tags): &(&String, &Vec<&str>)| {
            json!({"external_contact": {"external_userid": id, "name": "客户", "type": 1},
                   "follow_info": {"userid": "zhang", "createtime": self.createtime, "add_way": 1, "tag_id": tags}})
        };
        let next = page.last().filter(|_| page.len() == 100).map(|(id, _)| id.as_str()).unwrap_or_default();
        json!({"external_contact_list": page.iter().map(row).collect::<Vec<_>>(), "next_cursor": next})
    }

    fn contact(&self, id: &str) -> Value {
        let Some(tags) = self.customers.get(id) else {
            return json!({"errcode": 84061, "errmsg": "no relation"});
        };
        let tag = |id: &&str| json!({"group_name": "兴趣", "tag_name": id, "tag_id": id, "type": 1});
        json!({"external_contact": {"external_userid": id, "name": "客户", "type": 1},
            "follow_user": [{"userid": "zhang", "createtime": self.createtime, "add_way": 1,
                             "tags": tags.iter().map(tag).collect::<Vec<_>>()}]})
    }
}

#[async_trait]
impl Transport for Lists {
    async fn call(
        &self,
        request: http::Request<Bytes>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let query = request.uri().query().unwrap_or_default();
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let query = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let body = serde_json::from_slice(request.body()).unwrap_or_default();
        let answer = self.answer(request.uri().path(), &query, &body);
        Ok(http::Response::new(Bytes::from(answer.to_string())))
    }
}

impl Workshop {
    /// WeCom tells of these customers of Zhang's.
    fn tells_of(&mut self, customers: impl Iterator<Item = (String, Vec<&'static str>)>) {
        let createtime = self.clock.now().plus_days(-30).secs();
        self.wecom = Arc::new(Lists { customers: customers.collect(), createtime });
    }

    async fn order_reading(&self, what: JobKind) -> JobId {
        let new = NewJob { what, customers: Whom::Nobody, reason: None, sight: None, request: None };
        self.worker().start_job(new, &Author::stepwise()).await.unwrap().0.id
    }
}

fn zhang() -> Option<BTreeSet<StaffId>> {
    Some(["zhang".into()].into())
}

#[tokio::test(flavor = "current_thread")]
async fn an_import_whose_workers_die_anywhere_takes_each_contact_over_once() {
    let mut deaths = 0;
    for seed in 0..4 {
        let mut shop = Workshop::new(seed, DEADLY, 0).await;
        shop.tells_of((0..350).map(|n| (format!("wm{n:04}"), vec!["suv"])));
        let job = shop.order_reading(JobKind::Import { staff: zhang() }).await;
        shop.trouble.pause(false);
        deaths += shop.see_through(&job).await;
        shop.trouble.pause(true);
        let job = shop.job(&job).await;
        let found = job.reading.unwrap().found_so_far();
        assert_eq!((job.state, found.new, found.seen()), (JobState::Done, 350, 350), "{found:?}");
        for n in 0..350 {
            let customer = format!("wm{n:04}").into();
            let file = shop.worker().store.load(&customer).await.unwrap().file.unwrap();
            assert_eq!((file.version, file.tags.len()), (1, 1), "{customer}");
        }
    }
    assert!(deaths > 5, "{deaths} deaths");
}

#[tokio::test(flavor = "current_thread")]
async fn a_comparison_whose_workers_die_anywhere_mends_each_difference_once() {
    let mut deaths = 0;
    // Each customer takes many steps.
    let rates = Rates { crash_before: 5, crash_after: 5, ..DEADLY };
    for seed in 0..3 {
        let mut shop = Workshop::new(seed, rates, 250).await;
        // Thirty are gone, twenty have another tag.
        shop.tells_of((30..250).map(|n| (format!("wm{n:04}"), if n < 50 { vec!["vip"] } else { vec![] })));
        shop.clock.set(shop.clock.now().plus_mins(5));
        let job = shop.order_reading(JobKind::Reconcile { staff: zhang() }).await;
        shop.trouble.pause(false);
        deaths += shop.see_through(&job).await;
        shop.trouble.pause(true);
        let job = shop.job(&job).await;
        let reading = job.reading.unwrap();
        let differences = reading.differences_so_far();
        assert_eq!(
            (job.state, differences.lost, differences.tags, reading.compared.waiting.len()),
            (JobState::Done, 30, 20, 0),
            "{reading:?}"
        );
        let store = shop.worker().store;
        for (n, customer) in shop.customers.iter().enumerate() {
            let file = store.load(customer).await.unwrap().file.unwrap();
            let entries = store.timeline(customer, 100, None).await.unwrap().items;
            let facts: Vec<&What> =
                entries.iter().flat_map(|entry| &entry.facts).map(|fact| &fact.what).collect();
            let closed = facts.iter().filter(|what| matches!(what, What::RelationClosed { .. })).count();
            let tagged = facts.iter().filter(|what| matches!(what, What::Tagged { .. })).count();
            assert_eq!(
                (closed, tagged),
                (usize::from(n < 30), usize::from((30..50).contains(&n))),
                "{customer}"
            );
            assert_eq!(file.has_open_relation(), n >= 30);
            assert!(file.fetch.is_none());
        }
    }
    assert!(deaths > 5, "{deaths} deaths");
}

#[tokio::test(flavor = "current_thread")]
async fn an_import_of_everybody_waits_until_wecom_has_been_asked_who_there_is() {
    let mut shop = Workshop::new(1, Rates::default(), 0).await;
    shop.tells_of((0..3).map(|n| (format!("wm{n:04}"), vec![])));
    let job = shop.order_reading(JobKind::Import { staff: None }).await;
    let _ = shop.worker().run_job(&job).await;
    let waiting = shop.job(&job).await;
    assert_eq!((waiting.state, waiting.trouble), (JobState::Running, Some(store::JobTrouble::Busy)));
}
