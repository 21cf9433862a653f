//! A thousand bodies that nobody would send, for each entrance: none breaks anything and none is kept.

use super::*;
use crate::id::Entropy;

/// Bodies: noise, and JSON that is almost right.
fn bodies(n: usize, seeds: &[&str]) -> Vec<Vec<u8>> {
    let entropy = CountingEntropy::default();
    let draw = || entropy.bits();
    (0..n)
        .map(|i| {
            let length = usize::try_from(draw() % 300).unwrap();
            if i % 2 == 0 {
                return (0..length).map(|_| (draw() & 0xff) as u8).collect();
            }
            // A valid body with some bytes changed, cut or doubled.
            let mut body = seeds[i / 2 % seeds.len()].as_bytes().to_vec();
            for _ in 0..=draw() % 4 {
                let at = usize::try_from(draw() % body.len() as u128).unwrap();
                match draw() % 4 {
                    0 => body[at] = (draw() & 0xff) as u8,
                    1 => body.truncate(at.max(1)),
                    2 => body.insert(at, b"{}[]\",:0\\"[usize::try_from(draw() % 9).unwrap()]),
                    _ => {
                        body.remove(at);
                        body.push(b'}');
                    }
                }
            }
            body
        })
        .collect()
}

#[tokio::test]
async fn a_thousand_bodies_break_no_entrance_and_unsigned_ones_are_kept_nowhere() {
    let w = World::new("feedback_per_minute = 100000\n").await;
    let before = w.rows().await;
    for body in bodies(1_000, &[r#"{"type": "flag.changed", "data": {"flag": "a", "enabled": true}}"#]) {
        let signature = sign_hub_sha256("not the secret", &body);
        let headers =
            [("x-github-delivery", "g-1"), ("x-github-event", "release"), ("x-hub-signature-256", &*signature)];
        let answer = w.send("POST", "/hooks/github", &headers, body.clone()).await;
        assert_eq!(answer.fault().0, 401);
        let headers = [("webhook-id", "d-1"), ("webhook-timestamp", "1791540000"), ("webhook-signature", "v1,AAAA")];
        let answer = w.send("POST", "/hooks/generic", &headers, body.clone()).await;
        assert_eq!(answer.fault().0, 401);
        let answer = w.send("POST", "/v1/feedback", &[("authorization", "Bearer x")], body).await;
        assert_eq!(answer.fault().0, 401);
    }
    assert_eq!(w.rows().await, before);
}

#[tokio::test]
async fn a_thousand_signed_bodies_are_kept_or_told_why_not() {
    let w = World::new("").await;
    let release = r#"{"action":"published","release":{"id":1,"tag_name":"v1","draft":false,"prerelease":false,"html_url":"https://github.com/a/b/releases/tag/v1","published_at":"2026-10-09T09:00:00Z","created_at":"2026-10-09T09:00:00Z"},"repository":{"id":1,"full_name":"a/b"},"sender":{"login":"x"}}"#;
    let change = r#"{"type": "flag.changed", "timestamp": "2026-10-09T09:59:00Z", "data": {"flag": "a", "environment": "production", "enabled": true, "rollout_percent": 25}}"#;
    let mut kept = 0;
    for (i, body) in bodies(1_000, &[release, change]).into_iter().enumerate() {
        for answer in [w.github(&format!("g-{i}"), "release", &body).await, w.generic(&format!("d-{i}"), &body).await] {
            match answer.status.as_u16() {
                200 => kept += 1,
                400 => assert_eq!(answer.fault().0, 400),
                other => panic!("{other} for {:?}", String::from_utf8_lossy(&body)),
            }
        }
    }
    assert!(kept > 0 && kept < 1_000, "{kept}");
    let rows = w.rows().await;
    assert_eq!(rows["deliveries"], kept);
    assert_eq!((rows["signals"], rows["rollouts"], rows["feedback"]), (0, 0, 0));
}

#[tokio::test]
async fn a_thousand_statements_are_kept_or_told_why_not() {
    let w = World::new("feedback_per_minute = 100000\n").await;
    let seeds = [
        r#"{"text": "I can't pay", "rating": {"value": 1, "scale": 5}, "flag": "a", "user": "u", "attributes": {"plan": "pro"}}"#,
        r#"[{"text": "Slow", "occurred_at": "2026-10-09T09:00:00Z"}, {"text": "Ugly", "metadata": {"a": [1, 2]}}]"#,
        "{\"text\": \"a\"}\n{\"text\": \"b\"}\n",
    ];
    let mut kept = 0;
    for body in bodies(1_000, &seeds) {
        let answer = w.post("/v1/feedback", body.clone()).await;
        match answer.status.as_u16() {
            200 => kept += answer.json()["accepted"].as_array().unwrap().len(),
            400 => assert_eq!(answer.fault().0, 400),
            other => panic!("{other} for {:?}", String::from_utf8_lossy(&body)),
        }
    }
    assert!(kept > 0, "{kept}");
    assert_eq!(w.rows().await["feedback"], i64::try_from(kept).unwrap());
}
