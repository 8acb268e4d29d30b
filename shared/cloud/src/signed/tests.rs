//! Against the examples in Amazon S3's documentation: "Authenticating Requests: Using Query Parameters",
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>, and "Signature Calculations for the
//! Authorization Header", <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>.

use super::*;
use crate::wire::{Reply, Wire};

const HOST: &str = "https://examplebucket.s3.amazonaws.com";
const SCOPE: &str = "20130524%2Fus-east-1%2Fs3%2Faws4_request";

/// The examples' account, on 2013-05-24 at midnight.
fn documented(wire: &Wire) -> Signer {
    let keys = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    Signer {
        region: "us-east-1".into(),
        credentials: Credentials::from_keys(keys.0, keys.1, None),
        transport: SharedHttpConnector::new(wire.clone()),
        now: || SystemTime::UNIX_EPOCH + Duration::from_secs(1_369_353_600),
    }
}

#[test]
fn an_address_to_read_is_signed_as_documented() {
    let signer = documented(&Wire::answering([]));
    let uri = format!("{HOST}/test.txt");
    let address = signer.presign("s3", "GET", &uri, &[], Duration::from_secs(86_400)).unwrap();
    let signature = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    assert_eq!(
        address,
        format!(
            "{uri}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F{SCOPE}\
             &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
             &X-Amz-Signature={signature}"
        )
    );
}

#[tokio::test]
async fn requests_are_signed_as_documented() {
    for (method, path, headers, body, names, signature) in [
        (
            "GET",
            "/test.txt",
            [("range", "bytes=0-9")].as_slice(),
            "",
            "host;range;x-amz-content-sha256;x-amz-date",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT",
            "/test%24file.text",
            &[("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
            "Welcome to Amazon S3.",
            "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            "GET",
            "/?max-keys=2&prefix=J",
            &[],
            "",
            "host;x-amz-content-sha256;x-amz-date",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ] {
        let wire = Wire::replying([Reply::default()]);
        let uri = format!("{HOST}{path}");
        let request = Request { call: "Any", service: "s3", method, uri: &uri, headers, body: body.into() };
        documented(&wire).send(request).await.unwrap();
        let sent = &wire.sent()[0];
        let credential = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}");
        assert_eq!(sent.headers["authorization"], authorization, "{method} {path}");
        assert_eq!((sent.method.as_str(), sent.uri.as_str()), (method, uri.as_str()));
    }
}

#[test]
fn an_address_to_write_binds_type_and_length_and_names_the_session() {
    let signer = Wire::answering([]).signer();
    let headers = [("content-length", "7"), ("content-type", "image/png")];
    let address = signer.presign("s3", "PUT", HOST, &headers, Duration::from_secs(900)).unwrap();
    assert!(address.contains("&X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost&"), "{address}");
    assert!(address.contains("&X-Amz-Expires=900&"), "{address}");
    assert!(address.ends_with("&X-Amz-Security-Token=session"), "{address}");
    let longer = [("content-length", "8"), ("content-type", "image/png")];
    assert_ne!(address, signer.presign("s3", "PUT", HOST, &longer, Duration::from_secs(900)).unwrap());
}

#[test]
fn what_the_address_asks_for_is_signed_with_it() {
    let signer = documented(&Wire::answering([]));
    let uri = format!("{HOST}/a?response-content-type=image%2Fpng");
    let address = signer.presign("s3", "GET", &uri, &[], Duration::from_secs(60)).unwrap();
    assert!(address.starts_with(&format!("{uri}&X-Amz-Algorithm=")), "{address}");
}
