use serde_json::{Value, json};

use crate::bench::Bench;
use crate::callers::code;

async fn remark(bench: &Bench, mut fields: Value) -> i64 {
    let object = fields.as_object_mut().expect("an object");
    object.entry("userid").or_insert(json!("liming"));
    object.entry("external_userid").or_insert(json!("wmAnna"));
    code(&bench.post("externalcontact/remark", fields).await)
}

async fn follow(bench: &Bench) -> Value {
    bench.get("externalcontact/get", "external_userid=wmAnna").await["follow_user"][0].clone()
}

#[tokio::test]
async fn what_is_given_is_written_and_the_rest_stays() {
    let (bench, _) = Bench::befriended().await;
    let all = json!({
        "remark": "安娜", "description": "要报价", "remark_company": "腾讯", "remark_mobiles": ["138", "139"],
    });
    assert_eq!(remark(&bench, all).await, 0);
    assert_eq!(remark(&bench, json!({"description": "已报价"})).await, 0);
    let found = follow(&bench).await;
    assert_eq!(found["remark"], "安娜");
    assert_eq!(found["description"], "已报价");
    assert_eq!(found["remark_corp_name"], "腾讯");
    assert_eq!(found["remark_mobiles"], json!(["138", "139"]));
    assert_eq!(bench.posts(), [], "the app's own writing is not told");
}

#[tokio::test]
async fn mobiles_are_overwritten_and_one_empty_text_clears_them() {
    let (bench, _) = Bench::befriended().await;
    assert_eq!(remark(&bench, json!({"remark_mobiles": ["138"]})).await, 0);
    assert_eq!(remark(&bench, json!({"remark_mobiles": ["139"]})).await, 0);
    assert_eq!(remark(&bench, json!({"remark": "安", "remark_mobiles": []})).await, 0);
    assert_eq!(follow(&bench).await["remark_mobiles"], json!(["139"]), "an empty list says nothing");
    assert_eq!(remark(&bench, json!({"remark_mobiles": [""]})).await, 0);
    assert_eq!(follow(&bench).await["remark_mobiles"], json!([]));
}

#[tokio::test]
async fn remarks_have_limits_in_characters() {
    let (bench, _) = Bench::befriended().await;
    for (field, most) in [("remark", 20), ("description", 150), ("remark_company", 20)] {
        assert_eq!(remark(&bench, json!({field: "字".repeat(most)})).await, 0, "{field}");
        assert_eq!(remark(&bench, json!({field: "字".repeat(most + 1)})).await, 40058, "{field}");
    }
    assert_eq!(remark(&bench, json!({})).await, 40035);
    assert_eq!(remark(&bench, json!({"remark_mobiles": []})).await, 40035);
}

#[tokio::test]
async fn a_picture_beside_the_remark_must_have_been_uploaded() {
    let (bench, _) = Bench::befriended().await;
    let picture = bench.picture().await;
    assert_eq!(remark(&bench, json!({"remark_pic_mediaid": picture})).await, 0);
    assert_eq!(remark(&bench, json!({"remark_pic_mediaid": "nonsense"})).await, 40007);
    bench.pass(3 * 86_400);
    assert_eq!(remark(&bench, json!({"remark_pic_mediaid": picture})).await, 40007, "it has run out");
}

#[tokio::test]
async fn a_remark_needs_a_relation_that_the_api_works_on() {
    let (bench, _) = Bench::befriended().await;
    bench.control("customers", json!({"external_userid": "wmHalf"})).await;
    bench.control("customers/wmHalf/add", json!({"userid": "LiMing", "half": true})).await;
    for (who, errcode) in [
        (json!({"userid": "nobody", "remark": "x"}), 60111),
        (json!({"userid": "", "remark": "x"}), 40003),
        (json!({"external_userid": "wmNo", "remark": "x"}), 40096),
        (json!({"external_userid": "", "remark": "x"}), 41035),
        (json!({"external_userid": "wmHalf", "remark": "x"}), 84061),
    ] {
        assert_eq!(remark(&bench, who.clone()).await, errcode, "{who}");
    }
    bench.control("customers/wmAnna/block", json!({"userid": "LiMing"})).await;
    assert_eq!(remark(&bench, json!({"remark": "已拉黑"})).await, 0, "one-way is enough");
    bench.control("staff/LiMing/delete", json!({"external_userid": "wmAnna"})).await;
    assert_eq!(remark(&bench, json!({"remark": "x"})).await, 84061);
}

#[tokio::test]
async fn a_wecom_user_of_another_corp_brings_their_corp_along() {
    let bench = Bench::new();
    bench.people().await;
    let customer = json!({
        "external_userid": "woAnna", "name": "安娜", "unionid": "oU", "corp_name": "腾讯",
        "corp_full_name": "腾讯科技", "position": "经理",
    });
    bench.control("customers", customer).await;
    let added = bench.control("customers/woAnna/add", json!({"userid": "LiMing"})).await;
    assert_eq!(added["welcome_code"], Value::Null, "they are greeted by nobody");
    let detail = bench.get("externalcontact/get", "external_userid=woAnna").await;
    let contact = &detail["external_contact"];
    assert_eq!(contact["type"], 2);
    assert_eq!(contact["corp_name"], "腾讯");
    assert_eq!(contact["corp_full_name"], "腾讯科技");
    assert_eq!(contact["position"], "经理");
    assert!(contact.get("unionid").is_none(), "only WeChat users have one");
    assert_eq!(remark(&bench, json!({"external_userid": "woAnna", "remark_company": "x"})).await, 40058);
    assert_eq!(remark(&bench, json!({"external_userid": "woAnna", "remark": "x"})).await, 0);
}
