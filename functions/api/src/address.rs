//! Names in addresses and queries. What cannot be an id of anything is refused here, before it becomes a key.

use app::TaskId;
use domain::{CustomerId, StaffId, id::check_slug};

use crate::problem::Problem;

/// WeCom's limit for both kinds of ids, in bytes.
const MAX_ID_BYTES: usize = 64;

/// A customer's id. `#` and `~` separate parts of keys and names and occur in no id of WeCom's.
pub(crate) fn customer(text: &str) -> Result<CustomerId, Problem> {
    if is_external_userid(text) {
        Ok(CustomerId::from(text))
    } else {
        Err(Problem::not_found(format!("customer {:?}", shortened(text))))
    }
}

/// Could this be an `external_userid`?
pub(crate) fn is_external_userid(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_graphic() && !matches!(b, b'#' | b'~' | b'/');
    (1..=MAX_ID_BYTES).contains(&text.len()) && text.bytes().all(legal)
}

/// A staff member's id, in the form in which WeCom gives them out.
pub(crate) fn staff(text: &str, pointer: &str) -> Result<StaffId, Problem> {
    if is_userid(text) {
        return Ok(StaffId::from(text));
    }
    let message = format!("{:?} is no userid: 1 to 64 of letters, digits and _-@.", shortened(text));
    Err(Problem::field(pointer, "bad_userid", message))
}

/// Could this be a `userid`?
pub(crate) fn is_userid(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"_-@.".contains(&b);
    (1..=MAX_ID_BYTES).contains(&text.len()) && text.bytes().all(legal)
}

/// An id of our own making, of a `what`.
pub(crate) fn slug<T: for<'a> From<&'a str>>(text: &str, what: &str) -> Result<T, Problem> {
    match check_slug(text) {
        Ok(()) => Ok(T::from(text)),
        Err(_) => Err(Problem::not_found(format!("{what} {:?}", shortened(text)))),
    }
}

/// A task's id.
pub(crate) fn task(text: &str) -> Result<TaskId, Problem> {
    let legal = |id: &TaskId| {
        is_external_userid(id.customer.as_str())
            && check_slug(id.touch.sop.as_str()).is_ok()
            && check_slug(id.touch.step.as_str()).is_ok()
    };
    TaskId::parse(text).filter(legal).ok_or_else(|| Problem::not_found(format!("task {:?}", shortened(text))))
}

/// A journal entry's id, `<customer>#<version>`.
pub(crate) fn entry(text: &str) -> Option<(CustomerId, u64)> {
    let (customer, version) = text.rsplit_once('#')?;
    let digits = !version.is_empty() && version.len() <= 12 && version.bytes().all(|b| b.is_ascii_digit());
    (digits && is_external_userid(customer)).then(|| Some((customer.into(), version.parse().ok()?)))?
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_break_a_key_is_no_id() {
        assert!(customer("wmLiLei_-01").is_ok());
        for bad in ["", "a#b", "a~b", "a/b", "李雷", "a b", &"x".repeat(65)] {
            assert!(customer(bad).is_err(), "{bad}");
        }
        assert_eq!(staff("ZhangSan", "/userid").unwrap(), StaffId::from("zhangsan"));
        assert!(staff("zhang san", "/userid").is_err());
    }

    #[test]
    fn tasks_and_entries_are_read_as_they_are_written() {
        let id = task("wm1~price~2~offer").unwrap();
        assert_eq!(id.to_string(), "wm1~price~2~offer");
        for bad in ["", "wm1", "wm1~price~x~offer", "wm1~Price~1~offer", "wm#1~price~1~offer", "wm1~p~1~o~x"]
        {
            assert!(task(bad).is_err(), "{bad}");
        }
        assert_eq!(entry("wm1#12"), Some(("wm1".into(), 12)));
        for bad in ["", "wm1", "#1", "wm1#", "wm1#x", "wm1#-1", "wm1#1234567890123"] {
            assert_eq!(entry(bad), None, "{bad}");
        }
    }
}
