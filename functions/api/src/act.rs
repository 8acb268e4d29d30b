//! From a request to a signal, and to what came of it.

use axum::{
    extract::{FromRequestParts, OriginalUri},
    http::request::Parts,
};
use domain::{CustomerId, Fact, File, Happening, Signal, SignalId, What};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use store::Receipt;
use utoipa::{
    IntoParams,
    openapi::{
        Object, Required,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::{SchemaType, Type},
    },
};

use crate::{
    Api,
    auth::Caller,
    problem::{Code, Problem},
    words::Words,
};

const MAX_KEY_CHARS: usize = 255;

/// `Idempotency-Key`, as the request has it.
#[derive(Clone, Debug)]
pub(crate) struct IdempotencyKey {
    /// Key, sender, method and address; `None`: no key was given.
    given: Option<String>,
}

/// What a request is recognised by when it is sent again: with the same key and the same body it has its effect once.
#[derive(Clone, Debug)]
pub(crate) struct RequestKey {
    /// The id that the signal has whenever this request comes; `None`: no key was given.
    signal: Option<SignalId>,
}

impl RequestKey {
    /// Of a request without one.
    pub(crate) const fn none() -> Self {
        Self { signal: None }
    }

    /// Of what happens once, whoever asks for it and with whatever key.
    pub(crate) fn once(name: &str) -> Self {
        let hash = Sha256::digest(name.as_bytes());
        Self { signal: Some(format!("api-{}", hex::encode(&hash[..16])).as_str().into()) }
    }

    /// The id that the signal of this request has.
    pub(crate) const fn signal(&self) -> Option<&SignalId> {
        self.signal.as_ref()
    }
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self { given: None }) };
        let key =
            value.to_str().ok().filter(|key| (1..=MAX_KEY_CHARS).contains(&key.len())).ok_or_else(|| {
                Problem::new(Code::BadHeader, "Idempotency-Key has 1 to 255 visible ASCII characters")
            })?;
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        // A key is its sender's: what others choose by chance or on purpose is another.
        let sender = parts.extensions.get::<Caller>().map(Caller::identity).unwrap_or_default();
        Ok(Self { given: Some(format!("{key}\n{sender}\n{}\n{}", parts.method, uri.path())) })
    }
}

impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let schema = Object::builder()
            .schema_type(SchemaType::new(Type::String))
            .min_length(Some(1))
            .max_length(Some(MAX_KEY_CHARS))
            .pattern(Some("^[ -~]+$"));
        let about = "A name of the sender's choice for this change, e.g. a UUID. Sent again with the same body within \
                     seven days the change has its effect once, and the repetition is answered with the first one's \
                     `entry`.";
        let parameter = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(about))
            .schema(Some(schema));
        vec![parameter.build()]
    }
}

impl IdempotencyKey {
    /// The same key for one of several things that a request does at different times, each of them once.
    pub(crate) fn part(&self, name: &str) -> Self {
        Self { given: self.given.as_ref().map(|given| format!("{given}\n{name}")) }
    }

    /// Of a request with this body, as it was read: spaces and the order of fields do not matter.
    pub(crate) fn with(&self, body: &impl Serialize) -> RequestKey {
        let hash = |bytes: &[u8], length: usize| hex::encode(&Sha256::digest(bytes)[..length]);
        let signal = self.given.as_ref().map(|given| {
            let body = serde_json::to_vec(body).unwrap_or_default();
            SignalId::keyed(&format!("api-{}", hash(given.as_bytes(), 16)), &hash(&body, 8))
        });
        RequestKey { signal }
    }
}

/// What a request did, now or when it came first.
#[derive(Clone, Debug)]
pub(crate) struct Deed {
    /// The file as it is now.
    pub(crate) file: File,
    /// What was decided.
    pub(crate) facts: Vec<Fact>,
    /// Version of the journal entry that tells it; `None`: there was nothing to do.
    pub(crate) entry: Option<u64>,
    /// It had been done before.
    pub(crate) repeated: bool,
}

/// The answer to a change: the new state, and what undo takes.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Changed<T> {
    /// The new state.
    #[serde(flatten)]
    pub(crate) state: T,
    /// The journal entry, `<customer>#<version>`; null: there was nothing to change.
    #[schema(example = "wmDemoChenJie0001#12")]
    pub(crate) entry: Option<String>,
    /// The request had been answered before; nothing was done again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) repeated: bool,
    /// Parts of the request that were not carried out, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!([]))]
    pub(crate) refused: Vec<Refusal>,
}

/// Part of a request that was not carried out.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Refusal {
    /// The fact's kind.
    #[schema(value_type = crate::schema::FactKind)]
    pub(crate) kind: String,
    /// A sentence.
    pub(crate) text: String,
}

impl Deed {
    /// The answer that shows `state`.
    pub(crate) fn answer<T>(&self, state: T, words: &Words<'_>) -> Changed<T> {
        let refused = self.facts.iter().filter(|fact| is_refusal(&fact.what));
        let refused =
            refused.map(|fact| Refusal { kind: words.kind(&fact.what), text: words.fact(&fact.what) });
        Changed {
            state,
            entry: self.entry.map(|version| format!("{}#{version}", self.file.id)),
            repeated: self.repeated,
            refused: refused.collect(),
        }
    }
}

const fn is_refusal(what: &What) -> bool {
    matches!(
        what,
        What::TagRefused { .. }
            | What::AttributeRefused { .. }
            | What::UndoRefused { .. }
            | What::MoveRefused { .. }
    )
}

impl Api {
    /// The customer's file, if the caller may see it. Of others nobody hears that they exist.
    pub(crate) async fn file(&self, caller: &Caller, customer: &CustomerId) -> Result<File, Problem> {
        let found = self.app.store.load(customer).await?.file.filter(|file| caller.sees(file));
        found.ok_or_else(|| Problem::not_found(format!("customer {:?}", customer.as_str())))
    }

    /// What the same request did when it came first, if it did come before. Asked before preconditions are judged:
    /// its own effect must not make a repetition fail. Whether the caller may see the customer is asked before.
    pub(crate) async fn recall(
        &self,
        customer: &CustomerId,
        key: &RequestKey,
    ) -> Result<Option<Deed>, Problem> {
        let Some(signal) = &key.signal else { return Ok(None) };
        let Some(receipt) = self.came_before(signal).await? else { return Ok(None) };
        let found = self.app.store.load(customer).await?.file;
        let Some(file) = found else { return Ok(None) };
        Ok(Some(self.repeated(file, &receipt).await?))
    }

    /// Does it: the one way in which the API changes a customer.
    pub(crate) async fn act(
        &self,
        customer: &CustomerId,
        caller: &Caller,
        key: &RequestKey,
        what: Happening,
    ) -> Result<Deed, Problem> {
        let random = || format!("api-{}", hex::encode(self.app.entropy.bytes16())).into();
        let id = key.signal.clone().unwrap_or_else(random);
        let signal = Signal { id: id.clone(), at: self.app.clock.now(), by: caller.actor(), what };
        let handled = Box::pin(self.app.handle_from(customer, signal, Some(caller.origin()))).await?;
        let entry = match handled.outcome {
            app::Outcome::Committed => Some(handled.version),
            app::Outcome::Quiet => None,
            app::Outcome::Repeated => {
                let receipt = self.came_before(&id).await?;
                let receipt = receipt.unwrap_or(Receipt { signal: id, version: None });
                return self.repeated(handled.file, &receipt).await;
            }
        };
        Ok(Deed { file: handled.file, facts: handled.facts, entry, repeated: false })
    }

    /// What is kept of this request, if it came before. An error if its key came with another body.
    async fn came_before(&self, signal: &SignalId) -> Result<Option<Receipt>, Problem> {
        match self.app.store.receipt(signal).await? {
            None => Ok(None),
            Some(first) if &first.signal == signal => Ok(Some(first)),
            Some(_) => {
                let detail = "this Idempotency-Key came with another body before: take a new key";
                Err(Problem::new(Code::IdempotencyMismatch, detail))
            }
        }
    }

    async fn repeated(&self, file: File, receipt: &Receipt) -> Result<Deed, Problem> {
        let first = match receipt.version {
            Some(version) => self.app.store.journal_entry(&file.id, version).await?,
            None => None,
        };
        let facts = first.map_or(Vec::new(), |first| first.facts);
        Ok(Deed { file, facts, entry: receipt.version, repeated: true })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn signal(given: &str, body: &serde_json::Value) -> SignalId {
        IdempotencyKey { given: Some(given.to_owned()) }.with(body).signal.unwrap()
    }

    #[test]
    fn a_key_counts_per_address() {
        let one = signal("k\nPUT\n/a", &json!({}));
        assert_eq!(signal("k\nPUT\n/a", &json!({})), one);
        assert_ne!(signal("k\nPUT\n/b", &json!({})).key(), one.key());
        assert!(one.as_str().starts_with("api-") && one.key().len() == 36);
        assert!(IdempotencyKey { given: None }.with(&json!({})).signal.is_none());
    }

    #[test]
    fn the_parts_of_a_request_are_different_signals() {
        let key = IdempotencyKey { given: Some("k".into()) };
        let (one, other) =
            (key.part("one").with(&()).signal.unwrap(), key.part("other").with(&()).signal.unwrap());
        assert_ne!(one.key(), other.key());
        assert!(IdempotencyKey { given: None }.part("one").given.is_none());
    }

    #[test]
    fn another_body_under_the_same_key_is_another_signal_with_the_same_receipt() {
        let (one, other) = (signal("k", &json!({"stage": "a"})), signal("k", &json!({"stage": "b"})));
        assert_ne!(one, other);
        assert_eq!(one.key(), other.key());
    }
}
