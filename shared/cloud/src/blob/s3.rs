//! Blobs in a bucket of Amazon S3.
//!
//! The function's role needs `s3:GetObject`, `s3:PutObject` and `s3:DeleteObject` on the bucket's objects, and
//! `s3:ListBucket` on the bucket itself: without it S3 answers 403 where nothing is. What arrived under `incoming/` and
//! was never taken over is removed by a lifecycle rule of the bucket.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use bytes::Bytes;

use super::{Blob, BlobKey, MAX_BLOB_BYTES, Shown, TICKET_MS, Upload, UploadTicket, check_size, check_type};
use crate::{
    Error, Signer,
    signed::{Request, escape, sorted, whole},
};

const SERVICE: &str = "s3";
const GET: &str = "GetObject";
const PUT: &str = "PutObject";
const HEAD: &str = "HeadObject";
const DELETE: &str = "DeleteObject";

const GOOD_FOR: Duration = Duration::from_millis(TICKET_MS.unsigned_abs());

/// The AWS adapter of [`Blob`].
#[derive(Clone, Debug)]
pub struct S3 {
    /// Signs and sends; its time-out has to leave time for [`MAX_BLOB_BYTES`].
    pub signer: Signer,
    /// Another address than AWS's; the bucket is then the first part of the path.
    pub endpoint: Option<String>,
    /// The bucket's name, without dots.
    pub bucket: String,
}

impl S3 {
    fn uri(&self, key: &BlobKey) -> String {
        let (bucket, key) = (&self.bucket, key.as_str());
        match &self.endpoint {
            Some(endpoint) => format!("{}/{bucket}/{key}", endpoint.trim_end_matches('/')),
            None => {
                let (region, suffix) = (&self.signer.region, self.signer.suffix());
                format!("https://{bucket}.s3.{region}.{suffix}/{key}")
            }
        }
    }

    async fn send(
        &self,
        call: &'static str,
        method: &'static str,
        key: &BlobKey,
        headers: &[(&'static str, &str)],
        body: Bytes,
    ) -> Result<HttpResponse, Error> {
        let uri = self.uri(key);
        self.signer.send(Request { call, service: SERVICE, method, uri: &uri, headers, body }).await
    }

    /// Until when what is signed now can be used. The service goes by its own time, whatever the product's is.
    fn expires_at_ms(&self) -> i64 {
        let now = (self.signer.now)().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(now.as_millis()).unwrap_or(i64::MAX).saturating_add(TICKET_MS)
    }
}

#[async_trait::async_trait]
impl Blob for S3 {
    fn upload(&self, upload: &Upload<'_>, _now_ms: i64) -> Result<UploadTicket, Error> {
        let &Upload { key, content_type, bytes } = upload;
        check_size(PUT, bytes)?;
        check_type(PUT, content_type)?;
        let length = bytes.to_string();
        let headers = [("content-length", length.as_str()), ("content-type", content_type)];
        let url = self
            .signer
            .presign(SERVICE, "PUT", &self.uri(key), &headers, GOOD_FOR)
            .map_err(|error| Error::unbuildable(PUT, error))?;
        let headers = BTreeMap::from([("content-type", content_type.to_owned())]);
        Ok(UploadTicket { url, method: "PUT", headers, expires_at_ms: self.expires_at_ms() })
    }

    fn address(&self, key: &BlobKey, shown: &Shown<'_>, _now_ms: i64) -> Result<String, Error> {
        check_type(GET, shown.content_type)?;
        let uri = format!(
            "{}?response-content-disposition={}&response-content-type={}",
            self.uri(key),
            escape(&shown.disposition()),
            escape(shown.content_type)
        );
        self.signer
            .presign(SERVICE, "GET", &uri, &[], GOOD_FOR)
            .map_err(|error| Error::unbuildable(GET, error))
    }

    async fn put(&self, key: &BlobKey, content_type: &str, bytes: Bytes) -> Result<(), Error> {
        check_size(PUT, bytes.len() as u64)?;
        check_type(PUT, content_type)?;
        let answer = self.send(PUT, "PUT", key, &[("content-type", content_type)], bytes).await?;
        if answer.status().is_success() { Ok(()) } else { Err(refused(PUT, &answer)) }
    }

    async fn get(&self, key: &BlobKey) -> Result<Option<Bytes>, Error> {
        // One byte more than we take: whatever lies there, no more than this comes into memory.
        let range = format!("bytes=0-{MAX_BLOB_BYTES}");
        let answer = self.send(GET, "GET", key, &[("range", &range)], Bytes::new()).await?;
        match answer.status().as_u16() {
            200 | 206 => {
                let body = whole(GET, &answer)?;
                check_size(GET, body.len() as u64)?;
                Ok(Some(Bytes::copy_from_slice(body)))
            }
            404 => missing(GET, &answer),
            _ => Err(refused(GET, &answer)),
        }
    }

    async fn size(&self, key: &BlobKey) -> Result<Option<u64>, Error> {
        let answer = self.send(HEAD, "HEAD", key, &[], Bytes::new()).await?;
        match answer.status().as_u16() {
            200 => {
                let length = answer.headers().get("content-length").and_then(|length| length.parse().ok());
                let unreadable = || Error::Refused { call: HEAD, source: "no length was told".into() };
                length.map(Some).ok_or_else(unreadable)
            }
            // Without a body nothing tells a missing bucket from a missing object.
            404 => Ok(None),
            _ => Err(refused(HEAD, &answer)),
        }
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), Error> {
        let answer = self.send(DELETE, "DELETE", key, &[], Bytes::new()).await?;
        match answer.status().as_u16() {
            200..300 => Ok(()),
            404 => missing(DELETE, &answer).map(|_: Option<Bytes>| ()),
            _ => Err(refused(DELETE, &answer)),
        }
    }
}

/// A 404 is about the object, or about the bucket.
fn missing<T>(call: &'static str, answer: &HttpResponse) -> Result<Option<T>, Error> {
    match said(answer, "Code").as_str() {
        "NoSuchKey" => Ok(None),
        _ => Err(refused(call, answer)),
    }
}

/// Sorts an answer that is no success.
fn refused(call: &'static str, answer: &HttpResponse) -> Error {
    let (code, message) = (said(answer, "Code"), said(answer, "Message"));
    let status = answer.status().as_u16();
    match code.as_str() {
        // The body came too slowly; two writes met. S3 asks for both again, with a status that does not say so.
        "RequestTimeout" | "OperationAborted" | "ConditionalRequestConflict" => {
            Error::Unavailable { call, source: format!("{status} {code} {message}").into() }
        }
        _ => sorted(call, status, &code, &message),
    }
}

/// What stands in an element of S3's `<Error><Code>…</Code><Message>…</Message>…</Error>`.
fn said(answer: &HttpResponse, element: &str) -> String {
    let body = answer.body().bytes().and_then(|body| std::str::from_utf8(body).ok()).unwrap_or_default();
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let inside = body.split_once(&open).and_then(|(_, rest)| rest.split_once(&close));
    inside.map_or_else(String::new, |(text, _)| text.to_owned())
}

#[cfg(test)]
mod tests;
