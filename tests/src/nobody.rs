//! A neighbourhood in which nobody is at home: WeCom refuses, the bus swallows, alarms are taken and never ring. For tests
//! that look at the store alone.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cloud::{
    alarm::{Alarm, Armed, Wake},
    bus::{Bus, Message},
};
use wecom::{Transport, TransportError};

/// WeCom, bus and alarm, whom nobody calls.
#[derive(Clone, Copy, Debug)]
pub struct Nobody;

#[async_trait]
impl Transport for Nobody {
    async fn call(
        &self,
        _: http::Request<Bytes>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        Err(TransportError::NotSent("nobody calls WeCom here".into()))
    }
}

#[async_trait]
impl Bus for Nobody {
    async fn publish(&self, _: &[Message]) -> Result<(), cloud::Error> {
        Ok(())
    }
}

#[async_trait]
impl Alarm for Nobody {
    async fn arm(&self, _: &Wake, _: i64) -> Result<Armed, cloud::Error> {
        Ok(Armed::Set)
    }

    async fn disarm(&self, _: &str, _: u64) -> Result<(), cloud::Error> {
        Ok(())
    }
}
