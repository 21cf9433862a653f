use proptest::prelude::*;

use super::*;

#[test]
fn what_looks_like_a_key_is_a_candidate_and_nothing_else_is() {
    for (text, wanted) in [
        ("", &[] as &[&str]),
        ("checkout rewrite behind `new-checkout` (#41)", &["new-checkout"]),
        ("`checkout`, ``a`b`` and ` dark_mode `", &["checkout", "a`b", "dark_mode"]),
        ("an open ` and `Pay2`", &["and"]),
        ("`flag: new-checkout` in code with words", &["new-checkout"]),
        ("`isEnabled(\"new-checkout\")`", &["isEnabled(\"new-checkout\")", "isEnabled", "new-checkout"]),
        (
            "Turn on new-checkout, dark_mode; billing.v2: payLater! (search:ranking)",
            &["new-checkout", "dark_mode", "billing.v2", "payLater", "search:ranking"],
        ),
        (
            "_new-checkout_ **old-checkout**. [pay-later](https://acme.test/pay-now)",
            &["new-checkout", "old-checkout", "pay-later"],
        ),
        ("Fixes plain words, API and 10 % of 2026-10-09 at 10:30", &[]),
        ("v1.2.3 1.2 V2.0-rc.1 v2-checkout", &["v2-checkout"]),
        ("main.rs src/new-checkout.ts README.md www.acme-shop.test", &[]),
        ("https://acme.test/a-b @acme-team #a-b x=a-b me@acme-shop.test", &[]),
        ("/hearback link checkout\n/hearback flag `pay` now\n  /hearback link a/b", &["checkout", "pay", "a/b"]),
        ("/hearback\n/hearback link\n/hearback close x-y\n/hearbacklink z\n    /hearback link w", &["x-y"]),
        ("> `quoted-key`\nand goes-on\n- an-item\n\n> /hearback link q\n\nafter-it", &["an-item", "after-it"]),
        ("```\n/hearback link a\nin-code\n~~~\n```\nafter-it", &["after-it"]),
        ("~~~~yaml\nin-code\n~~~\nstill-code\n~~~~\nafter-it", &["after-it"]),
        ("```one-line``` is a span\n```\nnever-ends", &["one-line"]),
        ("<!-- a-template\n/hearback link KEY -->seen-key <!-- no-end", &["seen-key", "no-end"]),
        ("said-last\n\n`spanned`\n/hearback link linked", &["linked", "spanned", "said-last"]),
        ("twice-named `twice-named` twice-named", &["twice-named"]),
        ("größer-schalter", &["größer-schalter"]),
    ] {
        assert_eq!(named([text]), wanted, "{text:?}");
    }
    assert_eq!(named(["Add new-checkout ```", "with `dark-mode`"]), ["dark-mode", "new-checkout"], "title and text");
}

#[test]
fn a_patch_names_what_it_adds() {
    let patch = "@@ -1,4 +1,6 @@\n flags:\n-  - old-checkout\n-  - kept\n+  - key: \"new-checkout\"\n+    window: 7d # of-all\n\
                 +  - kept\n+# no-key\n+  pay.later: {min_people: 3}\n   - untouched\n\\ No newline at end of file";
    assert_eq!(added(patch), ["key", "new-checkout", "window", "7d", "pay.later", "min_people", "3"]);
    assert_eq!(added(""), [""; 0]);
}

#[test]
fn no_text_gives_more_than_is_kept() {
    let words = (0..1_000).map(|n| format!("key-{n}")).collect::<Vec<_>>().join(" ");
    let found = named([format!("{words}\n\n`spanned`\n/hearback link linked").as_str()]);
    assert_eq!((found.len(), &found[..3]), (CANDIDATES_MAX, &["linked", "spanned", "key-0"].map(String::from)[..]));
    assert_eq!(added(&words.replace("key", "\n+key")).len(), CANDIDATES_MAX);
    let beyond = format!("{}\nbeyond-it", "é".repeat(TEXT_MAX_BYTES / 2));
    assert_eq!(named([beyond.as_str()]), [""; 0]);
}

proptest! {
    #[test]
    fn candidates_are_words_of_the_text(text in "([a-zA-Z-]{1,5}|[`~>\n /#*_.:<!é-]{1,4}|/hearback link ){0,40}") {
        for found in [named([text.as_str()]), added(&text)] {
            for key in &found {
                prop_assert!(text.contains(key.as_str()) && is_one_key(key), "{key:?}");
            }
            prop_assert!(found.iter().collect::<BTreeSet<_>>().len() == found.len());
        }
    }

    #[test]
    fn a_key_is_found_however_it_is_marked(key in "[a-v]{2,9}[-_.:][0-9]{0,2}[a-z]{2}q", before in "[a-zA-Z ,.\n]{0,60}") {
        for marked in [format!("`{key}`"), format!("\n\n/hearback link {key}\n"), format!(" ({key}) "), format!(" {key}.\n")] {
            let text = format!("{before}{marked}");
            prop_assert!(named([text.as_str()]).contains(&key), "{text:?}");
        }
        let patch = format!("+  {key}: {{}}");
        prop_assert_eq!(&added(&patch), &[key]);
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        prop_assert!(named([text.as_str(), &text]).len() <= CANDIDATES_MAX);
        prop_assert!(added(&text).len() <= CANDIDATES_MAX);
    }
}
