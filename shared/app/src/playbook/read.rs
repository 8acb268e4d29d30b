//! Reading what is stored. Types that decisions go by refuse fields that they do not know, which a later release may have
//! written to narrow them down; contents and groups of them pass over such fields, each by its own type.

use domain::shape;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Error;

/// Reads a stored document; what it is, is said in the error.
pub(crate) fn read<T: DeserializeOwned>(what: impl Fn() -> String, doc: &str) -> Result<T, Error> {
    serde_json::from_str(doc).map_err(|error| {
        // Serde quotes the value that it stumbled over, and that is somebody's.
        let place =
            || format!("{:?} error at line {}, column {}", error.classify(), error.line(), error.column());
        let misfit = serde_json::from_str::<Value>(doc).ok().and_then(|value| shape::read::<T>(&value).err());
        let reason = misfit.map_or_else(place, |misfit| format!("{} at {:?}", misfit.code, misfit.pointer));
        Error::Playbook { record: what(), reason }
    })
}

/// Complains of a record that is left out.
pub(super) fn left_out(error: &Error) {
    tracing::error!(%error, "it is left out of the playbook until somebody repairs it");
}

#[cfg(test)]
mod tests;
