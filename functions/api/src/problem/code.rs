//! The stable codes of refusals and of wrong fields, with their words: the one table of them. `docs/API.md` repeats it
//! for readers, the OpenAPI document for programs (`x-problem-codes`, `x-field-codes`), and tests hold the three
//! together.

use axum::http::StatusCode;

/// `Variant STATUS "code" "title" "Chinese, for people";`, in order of status.
macro_rules! codes {
    ($($variant:ident $status:ident $name:literal $title:literal $zh:literal;)+) => {
        /// Why a request was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Code {
            $(#[doc = $title] $variant,)+
        }

        impl Code {
            /// All of them.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The HTTP status that it comes with.
            pub(crate) const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)+ }
            }

            /// The stable name.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// A sentence for developers.
            pub(crate) const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }

            /// A sentence for people who use the product.
            pub(crate) const fn zh(self) -> &'static str {
                match self { $(Self::$variant => $zh,)+ }
            }
        }
    };
}

codes! {
    BadRequest BAD_REQUEST "bad_request" "The request could not be understood" "请求无法识别";
    MalformedJson BAD_REQUEST "malformed_json" "The body is not the JSON asked for" "提交的内容不是有效的 JSON";
    JsonTooDeep BAD_REQUEST "json_too_deep" "The body is nested too deeply" "提交的内容嵌套过深";
    BadCursor BAD_REQUEST "bad_cursor" "The cursor is not one of this list" "翻页位置已失效，请重新加载列表";
    BadHeader BAD_REQUEST "bad_header" "A header could not be understood" "请求头无法识别";
    Unauthorized UNAUTHORIZED "unauthorized" "A valid session or token is needed" "请先登录";
    BadSignature UNAUTHORIZED "bad_signature" "The signature is not valid" "签名无效";
    SignInFailed UNAUTHORIZED "sign_in_failed" "The sign-in was not completed" "登录未完成或已超时，请重新登录";
    Forbidden FORBIDDEN "forbidden" "Role or scope do not allow it" "没有权限执行此操作";
    Csrf FORBIDDEN "csrf" "The request does not prove that it comes from the console" "页面已过期，请刷新后重试";
    NotStaff FORBIDDEN "not_staff" "Not a member who is known here" "您还没有开通，请联系管理员同步成员";
    NotYours FORBIDDEN "not_yours" "This belongs to another staff member" "这是其他成员的待办";
    NotAFriend FORBIDDEN "not_a_friend" "Only friends of the customer send them something" "您不是该客户的好友，无法发送";
    NotFound NOT_FOUND "not_found" "There is no such thing" "内容不存在或已被删除";
    MethodNotAllowed METHOD_NOT_ALLOWED "method_not_allowed" "The address does not take this method" "不支持此操作";
    Conflict CONFLICT "conflict" "Something else changed it meanwhile" "内容刚刚被更改，请刷新后重试";
    Exists CONFLICT "exists" "It exists already" "已经存在，请换一个标识";
    InUse CONFLICT "in_use" "Something uses it" "正在被使用，不能删除";
    ContentArchived CONFLICT "content_archived" "The content was put away" "该内容已归档，请先恢复";
    ContentPublished CONFLICT "content_published" "The content was published" "该内容发布过，不能删除，请归档";
    AlreadyPublished CONFLICT "already_published" "The draft was published in another way"
        "这份草稿已经发布，说明或“实质变化”与这次不同，请重新打开后再发布";
    NotEditable CONFLICT "not_editable" "WeCom lets an app change only what it made" "不是由本应用创建，请到企业微信管理后台修改";
    TaskClosed CONFLICT "task_closed" "The task is not open any more" "该待办已结束";
    UndoRefused CONFLICT "undo_refused" "It cannot be taken back" "无法撤销";
    PreconditionFailed PRECONDITION_FAILED "precondition_failed" "It was changed meanwhile" "内容已被他人更改";
    BodyTooLarge PAYLOAD_TOO_LARGE "body_too_large" "The body is too large" "提交的内容过大";
    UnsupportedMediaType UNSUPPORTED_MEDIA_TYPE "unsupported_media_type" "The body has to be JSON" "提交的内容格式不受支持";
    Invalid UNPROCESSABLE_ENTITY "invalid" "The request is not valid" "填写的内容有误";
    IdempotencyMismatch UNPROCESSABLE_ENTITY "idempotency_mismatch" "The Idempotency-Key belongs to another request"
        "防重复提交的标识已用于其他请求";
    WecomRefused UNPROCESSABLE_ENTITY "wecom_refused" "WeCom refused it" "企业微信拒绝了此操作";
    PreconditionRequired PRECONDITION_REQUIRED "precondition_required" "If-Match is needed" "请刷新后再保存";
    TooManyAttempts TOO_MANY_REQUESTS "too_many_attempts" "Too many attempts: wait" "操作过于频繁，请稍后再试";
    Internal INTERNAL_SERVER_ERROR "internal" "Something is broken" "系统出错了，请联系管理员";
    Unavailable SERVICE_UNAVAILABLE "unavailable" "Try again in a moment" "系统繁忙，请稍后重试";
}

impl Code {
    /// The code for a status that a layer below answered without a word.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Self::BodyTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::UNPROCESSABLE_ENTITY => Self::Invalid,
            StatusCode::TOO_MANY_REQUESTS => Self::TooManyAttempts,
            other if other.is_server_error() => Self::Internal,
            _ => Self::BadRequest,
        }
    }
}
