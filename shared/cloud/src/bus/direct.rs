//! A way round a bus that fails: `engine` is invoked directly, so that a welcome need not wait for the minute tick.

use super::{Bus, Message, MessageKind};
use crate::{
    Error,
    signed::{Post, Signer, escape},
};

const INVOKE: &str = "Invoke";

/// The function to which messages go directly.
#[derive(Clone, Debug)]
pub struct Direct {
    /// Signs and sends.
    pub signer: Signer,
    /// Another address than AWS's.
    pub endpoint: Option<String>,
    /// The function's name or ARN.
    pub function: String,
}

impl Direct {
    /// Queues an invocation with the message as the bus would deliver it; Lambda repeats it if it fails.
    async fn invoke(&self, message: &Message) -> Result<(), Error> {
        let body = serde_json::to_string(message).map_err(|error| Error::unbuildable(INVOKE, error))?;
        let path = format!("/2015-03-31/functions/{}/invocations", escape(&self.function));
        let headers = &[("content-type", "application/json"), ("x-amz-invocation-type", "Event")];
        let endpoint = self.endpoint.as_deref();
        let post = Post { call: INVOKE, service: "lambda", endpoint, path: &path, headers, body };
        self.signer.post(post).await.map(drop)
    }
}

/// A bus with a way round it for [`MessageKind::Inbox`]; what else the bus does not take is left to the minute tick.
#[derive(Clone, Debug)]
pub struct OrDirect<B> {
    /// The bus.
    pub bus: B,
    /// The way round it.
    pub direct: Direct,
}

#[async_trait::async_trait]
impl<B: Bus> Bus for OrDirect<B> {
    async fn publish(&self, messages: &[Message]) -> Result<(), Error> {
        let Err(refused) = self.bus.publish(messages).await else { return Ok(()) };
        // The bus may have taken some of them; whoever hears of an entry twice does no harm.
        for message in messages {
            if message.kind != MessageKind::Inbox {
                return Err(refused);
            }
            if let Err(error) = self.direct.invoke(message).await {
                tracing::error!(%error, cause = ?error, "neither bus nor function took a message");
                return Err(refused);
            }
        }
        tracing::warn!(error = %refused, cause = ?refused, "the bus failed, the function was invoked directly");
        tracing::warn!(target: "metric", bus_bypassed = messages.len() as u64);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
