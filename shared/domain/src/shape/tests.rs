use serde::Deserialize;
use serde_json::json;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[expect(dead_code, reason = "only read into")]
struct Lunch {
    dish: Dish,
    guests: u8,
    #[serde(default)]
    late: bool,
    #[serde(default)]
    wishes: Vec<Wish>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Dish {
    Soup,
    Rice,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only read into")]
enum Wish {
    Salt(u32),
    Not(Box<Wish>),
    Table(Table),
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only read into")]
struct Table {
    seats: i64,
}

fn problem(lunch: &Value) -> Problem {
    read::<Lunch>(lunch).unwrap_err()
}

#[test]
fn each_misfit_has_its_place_its_code_and_words_without_our_types() {
    let lunch = |field: &str, value: Value| {
        let mut lunch = json!({"dish": "soup", "guests": 2});
        lunch[field] = value;
        lunch
    };
    for (lunch, pointer, code, message) in [
        (json!({"dish": "soup"}), "/guests", "missing_field", "the field \"guests\" is missing"),
        (
            json!({"guests": 1, "dish": "egg"}),
            "/dish",
            "unknown_value",
            "there is no \"egg\" here; there are soup, rice",
        ),
        (
            lunch("a/b", json!(1)),
            "/a~1b",
            "unknown_field",
            "there is no field \"a/b\" here; there are dish, guests, late, wishes",
        ),
        (
            lunch("guests", json!(-5)),
            "/guests",
            "out_of_range",
            "this has to be a whole number from 0 to 255, not -5",
        ),
        (
            lunch("guests", json!(1.5)),
            "/guests",
            "wrong_type",
            "this has to be a whole number from 0 to 255, not 1.5",
        ),
        (
            lunch("guests", json!("two, expected three")),
            "/guests",
            "wrong_type",
            "this has to be a whole number from 0 to 255, not a text",
        ),
        (
            lunch("guests", json!(null)),
            "/guests",
            "wrong_type",
            "this has to be a whole number from 0 to 255, not null",
        ),
        (lunch("late", json!("yes")), "/late", "wrong_type", "this has to be true or false, not a text"),
        (lunch("dish", json!(3)), "/dish", "wrong_type", "this has to be a text or an object, not 3"),
        (lunch("dish", json!({"soup": 1})), "/dish", "wrong_type", "this has to be a text, not an object"),
        (lunch("wishes", json!({})), "/wishes", "wrong_type", "this has to be a list, not an object"),
        (
            lunch("wishes", json!([{}])),
            "/wishes/0",
            "bad_value",
            "this has to be an object with exactly one field",
        ),
        (lunch("wishes", json!(["salt"])), "/wishes/0", "wrong_type", "this has to be an object, not a text"),
        (
            lunch("wishes", json!([{"not": {"salt": true}}])),
            "/wishes/0/not/salt",
            "wrong_type",
            "this has to be a whole number from 0 to 4294967295, not true or false",
        ),
        (
            lunch("wishes", json!([{"table": 1}])),
            "/wishes/0/table",
            "wrong_type",
            "this has to be an object, not 1",
        ),
        (
            lunch("wishes", json!([{"table": []}])),
            "/wishes/0/table",
            "wrong_type",
            "this has to be an object, not a list",
        ),
        (json!(7), "", "wrong_type", "this has to be an object, not 7"),
    ] {
        let found = problem(&lunch);
        assert_eq!((found.pointer.as_str(), found.code.as_str()), (pointer, code), "{lunch}");
        assert_eq!(found.message, message, "{lunch}");
    }
}

#[test]
fn what_could_have_been_meant_is_listed() {
    assert_eq!(problem(&json!({"guests": 1, "dish": "egg"})).candidates, ["soup", "rice"]);
}

#[test]
fn text_says_the_same_without_the_line() {
    let text = r#"{"dish": "soup", "guests": "many"}"#;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let error = serde_path_to_error::deserialize::<_, Lunch>(&mut deserializer).unwrap_err();
    assert_eq!(misfit(&error), problem(&serde_json::from_str(text).unwrap()));
    let text = r#"{"guests": 1, "guests": 2}"#;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let error = serde_path_to_error::deserialize::<_, Lunch>(&mut deserializer).unwrap_err();
    assert_eq!(
        (misfit(&error).pointer.as_str(), misfit(&error).code.as_str()),
        ("/guests", "duplicate_field")
    );
}
