//! What can be wrong with one field.

use serde::Serialize;

const MAX_MESSAGE_CHARS: usize = 500;

/// The stable codes: name, meaning, Chinese for people.
pub(crate) const FIELD_CODES: &[(&str, &str, &str)] = &[
    ("missing_field", "it has to be given", "此项必填"),
    (
        "unknown_field",
        "there is no such field or parameter; `candidates` are those there are",
        "不支持的字段",
    ),
    ("duplicate_field", "it is given twice", "重复填写"),
    ("unknown_value", "none of the values in `candidates`", "不在可选范围内"),
    ("wrong_type", "another JSON type is needed", "类型不正确"),
    ("bad_value", "the form is wrong", "格式不正确"),
    (
        "bad_id",
        "not 1 to 40 of a-z, 0-9, - and _, beginning with a letter or digit",
        "标识只能用小写字母、数字、“-”和“_”，最多 40 个字符",
    ),
    ("id_mismatch", "not the id in the address", "标识与地址不一致"),
    ("bad_userid", "no userid of WeCom", "成员账号格式不正确"),
    ("bad_entry", "no id of a journal entry", "记录编号格式不正确"),
    ("bad_length", "too short or too long", "长度不符合要求"),
    ("too_long", "more characters than fit", "内容过长"),
    ("too_many", "more entries than fit", "数量过多"),
    ("empty", "nothing is in it", "不能为空"),
    ("out_of_range", "a number outside its range", "数值超出范围"),
    ("unknown_tag", "no such tag; see `candidates`", "标签不存在"),
    ("unknown_stage", "no such stage; see `candidates`", "阶段不存在"),
    ("unknown_board", "no such board; see `candidates`", "看板不存在"),
    ("unknown_staff", "no such staff member", "成员不存在"),
    ("no_amount", "the board names no attribute for amounts", "该看板未设置金额属性"),
    ("not_a_friend", "only friends serve a customer", "该成员不是客户的好友"),
    ("unknown_scope", "no such scope of a token; see `candidates`", "权限范围不存在"),
    ("beyond_own_scope", "more than the token that asks may do itself", "超出当前令牌自身的权限范围"),
    ("ambiguous_tag", "several tags are called so; see `candidates`", "有多个同名标签，请写明标签组"),
    ("ambiguous_stage", "several stages are called so; see `candidates`", "有多个同名阶段"),
    ("ambiguous_board", "several boards are called so; see `candidates`", "有多个同名看板"),
    ("duplicate", "used before in the same list", "重复"),
    (
        "stage_left_out",
        "a stage of the board is not in the list: stages are deleted on their own",
        "缺少已有的阶段",
    ),
    (
        "former_stage",
        "its tag is a deleted stage's, out of which cards are still led: wait, or take that stage back by its own id",
        "该标签属于仍有客户卡片的已删除阶段",
    ),
    ("reason_needed", "a card goes there only with a reason", "请填写原因"),
    ("name_taken", "another one is called so", "名称已被使用"),
    ("duplicate_step", "another step has the same id", "节点标识重复"),
    ("taken", "the tag group belongs to another board", "标签组已被其他看板使用"),
    ("contradiction", "tags to put on and take off, or two stages of one board", "互相矛盾"),
    ("order", "it would come before what it has to follow", "时间顺序不正确"),
    ("bad_time", "neither after_minutes, nor day and time", "时间填写不完整"),
    ("quiet_hours", "it lies in the quiet hours", "时间在免打扰时段内"),
    ("bad_combination", "it does not go with another field", "不能与其他设置同时使用"),
    ("bad_variable", "no such variable, or one that is not closed", "变量不正确"),
    ("unknown_department", "no such department", "部门不存在"),
    ("manager_without_departments", "a manager manages at least one department", "请选择主管负责的部门"),
    ("not_a_manager", "only a manager manages departments", "只有主管可以负责部门"),
    ("last_admin", "nobody else could give roles", "至少保留一名管理员"),
    ("has_left", "who has left is neither away nor back, and serves nobody", "该成员已离职"),
    ("in_the_past", "this time is over", "时间已过"),
    ("self_delegate", "nobody stands in for themselves", "不能由本人代理"),
    ("delegate_away", "the delegate is away too", "代理人也在休假"),
    ("delegate_left", "the delegate has left", "代理人已离职"),
    (
        "welcome_not_first",
        "a welcome is the first step, at 0 minutes, after friend_add",
        "欢迎语只能是添加好友后的第一个节点",
    ),
    ("unknown_content", "no such content; see `candidates`", "内容不存在"),
    ("ambiguous_content", "several contents are called so; see `candidates`", "有多个同名内容"),
    ("content_archived", "the content has been put away", "该内容已归档"),
    ("content_unpublished", "nothing of the content has been published yet", "该内容尚未发布"),
    ("unknown_version", "the content has no such version", "该内容没有这个版本"),
    ("unknown_group", "no such group of contents", "分组不存在"),
    ("group_in_itself", "a group cannot lie in itself or below itself", "分组不能放到自己的下级里"),
    ("too_deep", "groups are five levels deep at most", "分组层级过深"),
    ("bad_address", "no address that can be sent", "链接地址不正确"),
    ("bad_appid", "no id of a mini-program", "小程序 AppID 不正确"),
    ("bad_page", "no page of a mini-program", "小程序页面路径不正确"),
    ("bad_file_name", "no name that a file can have", "文件名不正确"),
    ("unknown_media", "no such file was uploaded", "文件没有上传成功"),
    ("media_too_small", "next to nothing is in the file", "文件是空的或不完整"),
    ("media_too_large", "the file has more bytes than WeCom takes", "文件过大"),
    ("media_wrong_format", "the file is something else", "文件格式不符"),
    ("media_not_allowed", "programs, scripts and web pages are not sent", "不能发送这类文件"),
    ("media_damaged", "the file begins like one, but is not whole", "文件已损坏"),
    ("media_too_many_pixels", "the picture has more pixels than can be shown", "图片尺寸过大"),
    ("media_cover_shape", "a cover is 5 to 4, 520 by 416 pixels or more", "封面尺寸不符"),
    ("text_not_first", "there is one text at most, and it comes first", "文字只能有一条，并且排在最前面"),
];

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(example = json!({"pointer": "/stage", "code": "unknown_stage", "message": "board \"cars\" has no stage \"sold\"",
                          "candidates": ["lead", "order"], "zh": "阶段不存在"}))]
pub(crate) struct FieldError {
    /// JSON pointer into the body, or `/name` of a query parameter.
    pub(crate) pointer: String,
    /// Stable; all of them are in `x-field-codes`.
    pub(crate) code: String,
    /// A sentence.
    pub(crate) message: String,
    /// What could have been meant.
    pub(crate) candidates: Vec<String>,
    /// What to mend, for people.
    pub(crate) zh: String,
}

impl FieldError {
    /// Something wrong at `pointer`.
    pub(crate) fn new(pointer: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        let (pointer, message) = (pointer.into(), shortened(message.into()));
        Self { pointer, code: code.to_owned(), message, candidates: Vec::new(), zh: words(code).to_owned() }
    }

    /// With what could have been meant.
    pub(crate) fn among(mut self, candidates: Vec<String>) -> Self {
        self.candidates = candidates;
        self
    }
}

impl From<domain::playbook::Problem> for FieldError {
    fn from(problem: domain::playbook::Problem) -> Self {
        let domain::playbook::Problem { pointer, code, message, candidates, zh } = problem;
        let zh = zh.unwrap_or_else(|| words(&code).to_owned());
        Self { pointer, code, message: shortened(message), candidates, zh }
    }
}

/// What is said of every field with this code.
fn words(code: &str) -> &'static str {
    FIELD_CODES.iter().find(|(name, ..)| *name == code).map_or("填写的内容有误", |(.., zh)| zh)
}

/// A sentence repeats what was sent, which may be long.
fn shortened(message: String) -> String {
    match message.char_indices().nth(MAX_MESSAGE_CHARS) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        fs,
        path::{Path, PathBuf},
    };

    use super::*;

    /// Where documents and requests are judged.
    const JUDGES: &[&str] = &["functions/api/src", "shared/app/src", "shared/domain/src"];
    /// Whose second argument is a code.
    const CALLS: &[&str] = &["Problem::new(", "Problem::field(", "FieldError::new(", " bad("];

    fn sources() -> Vec<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut open: Vec<PathBuf> = JUDGES.iter().map(|judge| root.join(judge)).collect();
        let mut sources = Vec::new();
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("problem/field.rs") {
                sources.push(fs::read_to_string(path).unwrap());
            }
        }
        sources
    }

    /// The second argument of a call, without what is around it.
    fn second(arguments: &str) -> Option<&str> {
        let (mut depth, mut in_text, mut begin) = (0, false, None);
        for (at, c) in arguments.char_indices() {
            match c {
                '"' => in_text = !in_text,
                _ if in_text => {}
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' if depth == 0 => return begin.map(|begin| arguments[begin..at].trim()),
                ')' | ']' | '}' => depth -= 1,
                ',' if depth == 0 && begin.is_some() => {
                    return begin.map(|begin| arguments[begin..at].trim());
                }
                ',' if depth == 0 => begin = Some(at + 1),
                _ => {}
            }
        }
        None
    }

    #[test]
    fn a_sentence_does_not_repeat_a_whole_megabyte() {
        let error =
            FieldError::new("/add/0", "unknown_tag", format!("there is no tag {:?}", "长".repeat(300_000)));
        assert_eq!(error.message.chars().count(), MAX_MESSAGE_CHARS + 1);
        assert_eq!(FieldError::new("/a", "empty", "短").message, "短");
    }

    #[test]
    fn every_code_of_a_field_has_its_words_and_none_is_left_over() {
        let sources = sources();
        let known: BTreeSet<&str> = FIELD_CODES.iter().map(|(name, ..)| *name).collect();
        let mut missing = BTreeSet::new();
        for source in &sources {
            let calls = CALLS.iter().flat_map(|call| source.split(call).skip(1)).filter_map(second);
            let codes = calls.filter_map(|code| code.strip_prefix('"')?.strip_suffix('"'));
            let named = codes.filter(|code| code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
            missing.extend(named.filter(|code| !known.contains(code)));
        }
        assert!(missing.is_empty(), "{missing:?} are not in FIELD_CODES");
        for code in known {
            let written = format!("\"{code}\"");
            assert!(sources.iter().any(|source| source.contains(&written)), "{code} is given to no field");
        }
    }
}
