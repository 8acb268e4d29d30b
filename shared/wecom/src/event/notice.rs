//! What the platform says in passing: something waits, something is done, something has moved.

use super::ParseError;
use super::fields::Fields;

pub(super) const BATCH_JOB: &str = "batch_job_result";
pub(super) const UPLOAD_JOB: &str = "upload_media_job_finish";
pub(super) const PROGRAM: &str = "program_notify";
pub(super) const ARCHIVE: &str = "msgaudit_notify";
pub(super) const SECURITY: &str = "security";

/// What the platform says in passing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// `batch_job_result`: work on the directory is done.
    BatchJobDone {
        /// The work.
        job_id: String,
        /// `sync_user`, `replace_user`, `invite_user`, `replace_party`.
        job_type: Option<String>,
        /// The `errcode` of the whole, 0 if it went well.
        code: Option<i64>,
    },
    /// `upload_media_job_finish`: the platform has fetched a file that it was given the address of.
    UploadDone {
        /// The work.
        job_id: String,
    },
    /// `program_notify`: a program in the data zone wants something of the app.
    ProgramCalls {
        /// What to ask the program about, for 10 minutes.
        notify_id: String,
        /// What the program chose to say, 0 to 255.
        notify_scene: Option<i64>,
    },
    /// `msgaudit_notify`: the conversation archive has something new. At most every 15 seconds.
    ArchiveWaiting,
    /// `security`, `change_domain_ip`: the platform's addresses change; see
    /// [`platform`](crate::platform).
    AddressesChange,
}

/// `None` for another event or a change type that is not known.
pub(super) fn parse(fields: &Fields<'_>, event: &str, change: &str) -> Result<Option<Notice>, ParseError> {
    Ok(Some(match (event, change) {
        (BATCH_JOB, _) => batch_job(fields)?,
        (UPLOAD_JOB, _) => Notice::UploadDone { job_id: fields.required("JobId")? },
        (PROGRAM, _) => Notice::ProgramCalls {
            notify_id: fields.required("NotifyId")?,
            notify_scene: fields.optional_integer("NotifyScene")?,
        },
        (ARCHIVE, _) => Notice::ArchiveWaiting,
        (SECURITY, "change_domain_ip") => Notice::AddressesChange,
        _ => return Ok(None),
    }))
}

fn batch_job(fields: &Fields<'_>) -> Result<Notice, ParseError> {
    let job = fields.records("BatchJob").next().ok_or(ParseError::Missing { element: "BatchJob" })?;
    Ok(Notice::BatchJobDone {
        job_id: job.required("JobId")?,
        job_type: job.optional("JobType")?,
        code: job.optional_integer("ErrCode")?,
    })
}
