use proptest::prelude::*;

use super::gate::Signs;
use super::{Redacted, apply, redact, redact_with_names};

#[test]
fn personal_data_and_secrets_go() {
    for (text, want) in [
        ("mail me at jane.doe+x@mail.example.co.uk.", "mail me at [email]."),
        ("jürgen@müller.de, O'Neil@a.io", "[email], [email]"),
        ("jane (at) example (dot) com", "[email]"),
        ("Call +49 (0)171 123-4567 or (415) 555-2671!", "Call [phone] or [phone]!"),
        ("030/1234567, 06 12 34 56 78, 415-555-2671", "[phone], [phone], [phone]"),
        ("my phone number is 5552671", "my phone number is [phone]"),
        ("card 4111 1111 1111 1111 exp 12/27", "card [card] exp 12/27"),
        ("5500-0000-0000-0004,378282246310005", "[card],[card]"),
        ("IBAN DE89 3704 0044 0532 0130 00 please", "IBAN [iban] please"),
        ("gb29nwbk60161331926819", "[iban]"),
        ("from 192.168.0.17:8080 and 2001:db8::ff00:42:8329.", "from [ip]:8080 and [ip]."),
        ("fe80::1ff:fe23:4567:890a", "[ip]"),
        ("mac 00:1B:44:11:3A:B7", "mac [mac]"),
        ("ssn 123-45-6789", "ssn [id]"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "[secret]"),
        ("(github_pat_11ABCDEFG0abcdefghijkl_mnop)", "([secret])"),
        ("key=AKIAIOSFODNN7EXAMPLE", "key=[secret]"),
        ("xoxb-123456789012-abcdefABCDEF", "[secret]"),
        ("Authorization: Bearer abcdef0123456789", "Authorization: Bearer [secret]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP", "[secret]"),
        ("password: hunter2, user: bob", "password: [secret], user: bob"),
        ("my password is hunter2!", "my password is [secret]!"),
        ("\"api_key\": \"abc def\"", "\"api_key\": [secret]"),
        ("Passwort: geheim", "Passwort: [secret]"),
        ("a -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- b", "a [secret] b"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE", "[secret]"),
        ("sha 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c", "sha [secret]"),
        ("https://bob:pw@example.com/a?x=1&token=abc#top", "https://[secret]@example.com/a?x=1&token=[secret]#top"),
        ("https://hooks.slack.com/services/T0/B0/xyz", "https://hooks.slack.com/services/[secret]"),
        ("電話は090-1234-5678です", "電話は[phone]です"),
        ("カード番号は4111 1111 1111 1111です", "カード番号は[card]です"),
        ("微信13812345678联系我", "微信[phone]联系我"),
        ("ip是192.168.1.20吗", "ip是[ip]吗"),
        ("전화번호는 010-1234-5678입니다", "전화번호는 [phone]입니다"),
        ("โทร081-234-5678ครับ", "โทร[phone]ครับ"),
        ("電話：０９０－１２３４－５６７８", "電話：[phone]"),
        ("４１１１　１１１１　１１１１　１１１１", "[card]"),
        ("هاتف +٤٩ ١٧١ ١٢٣٤٥٦٧ شكرا", "هاتف [phone] شكرا"),
        ("415\u{2011}555\u{2011}2671, +33\u{202f}6\u{202f}12\u{202f}34\u{202f}56\u{202f}78", "[phone], [phone]"),
        (
            "DE89\u{a0}3704\u{a0}0044\u{a0}0532\u{a0}0130\u{a0}00, 4111\u{2009}1111\u{2009}1111\u{2009}1111",
            "[iban], [card]",
        ),
        ("mi teléfono es 612 345 678", "mi teléfono es [phone]"),
        ("tlf 912 34 567", "tlf [phone]"),
        ("reach me: 4155552671", "reach me: [phone]"),
        ("contact 4155552671", "contact [phone]"),
        ("Mein Telefon ist 5551234", "Mein Telefon ist [phone]"),
        ("call 138 1234 5678 or whatsapp 98765 43210", "call [phone] or whatsapp [phone]"),
        ("I called 555-1234 12 times", "I called [phone] 12 times"),
        ("I called +49 171 1234567 3 times", "I called [phone] 3 times"),
        ("call 123-456-7890", "call [phone]"),
        ("0049 171 1234567, 00491711234567", "[phone], [phone]"),
        ("ip:192.168.0.17", "ip:[ip]"),
        ("updated to 192.168.0.17", "updated to [ip]"),
        ("traffic from 10.0.0.1 to 10.0.0.2", "traffic from [ip] to [ip]"),
        ("pass: Abc123!x", "pass: [secret]"),
        ("pw: geheim", "pw: [secret]"),
        ("Password\nHunter22", "Password\n[secret]"),
        ("Email\na@b.co\nPassword:\r\nHunter22\r\nbye", "Email\n[email]\nPassword:\r\n[secret]\r\nbye"),
        ("curl -u jane:hunter2 https://example.com", "curl -u [secret] https://example.com"),
        ("curl -s --user 'jane:hunter2' x", "curl -s --user '[secret]' x"),
        ("/login?user=jane&pass=hunter2", "/login?user=jane&pass=[secret]"),
        ("https://a.io/?user=jane&pass=hunter2&x=1", "https://a.io/?user=jane&pass=[secret]&x=1"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [secret]"),
        ("session=9f8e7d6c5b", "session=[secret]"),
        ("cvv 123", "cvv [secret]"),
        ("PIN: 4831, my pin is 4831", "PIN: [secret], my pin is [secret]"),
        ("Your code is 482913.", "Your code is [secret]."),
        ("Your code is 482 913", "Your code is [secret]"),
        ("Authorization: Token abc123def", "Authorization: Token [secret]"),
        ("138 1234 5678", "[phone]"),
        ("Ruf mich an unter 5551234", "Ruf mich an unter [phone]"),
        ("otp 482913 and OTP: 482913", "otp [secret] and OTP: [secret]"),
        ("482913 is your Example verification code", "[secret] is your Example verification code"),
        ("jane at acme dot com", "[email]"),
        ("jane.doe at mail dot acme dot co dot uk", "[email]"),
        ("\"jane doe\"@acme.com", "[email]"),
        ("jane @ acme.com", "[email]"),
        ("api-key: F12abc, my_api_key=abc", "api-key: [secret], my_api_key=[secret]"),
        (
            "https://a.io/?sort_key=a&apiKey=b&session_id=c&auth=d",
            "https://a.io/?sort_key=[secret]&apiKey=[secret]&session_id=[secret]&auth=[secret]",
        ),
        ("token 3f2a9bc1d0e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8", "token [secret]"),
    ] {
        assert_eq!(redact(text).text, want, "{text}");
    }
}

#[test]
fn what_a_report_needs_stays() {
    for text in [
        "v1.4.0 and 10.0.19045.3 and version 1.2.3.4",
        "error 500, code 0x80070057, HTTP/1.1",
        "on 2026-10-09, 09.10.2026 10:30, 10/09/2026 at 12:34:56",
        "2026-10-09 12:00:00.123Z",
        "paid $49.99, 1,234,567.89 EUR, 49 99",
        "order 20261009123456, invoice #1234567890",
        "commit 3f2a9bc, PR #1234, PROJ-123",
        "id 550e8400-e29b-41d4-a716-446655440000",
        "my password is wrong and the token is invalid",
        "Forgot password: not working",
        "https://example.com/docs/a-b/Page1?page=2&sort=asc",
        "std::fs::read_to_string and a::b, ::1",
        "/usr/local/lib/python3/site-packages/SomePackage/Module",
        "the getUserAccountSettingsPageControllerFactoryBean2 class",
        "I waited 3 weeks, 12 days, 100 %, 1 000 000 rows",
        "@bob look at #12",
        "meet me @ example.com, 49.99 @ shop.example.com",
        "127.0.0.1:8080 and 0.0.0.0",
        "reason number 1523648856",
        "(3.6.0.201407100658) on dark themes",
        "https://example.org/2005/devdocs/FuncLevelLinking",
        "testpage-2668FF87-0A3A-4cac-B9AB-2367D17A76C3.aspx",
        "1732456789012 ms",
        "screen 1920x1080, iOS 17.4.1, Android 14",
        "Upgraded from 3.5.1.0 to 3.5.2.0",
        "updated to 3.5.1.0, kernel: 5.15.0.91",
        "kernel 5.15.0.91, v 1.2.3.4",
        "版本1.2.3.4",
        "order 123-456-7890",
        "150 200 3000 px",
        "401 403 5000 errors",
        "called 1000 2000 3000 times",
        "texted 2 000 000 users",
        "+100 000 000 views",
        "text 2147483647 overflows",
        "0012345678",
        "authorization: fails",
        "otp: never arrives",
        "Verification code: never came",
        "the password is 8 characters long",
        "access key: F12",
        "Token: USDC",
        "https://a.io/?monkey=1",
        "https://a.io/?author=jane",
        "https://a.io/?keyboard=qwerty",
        "commit 3f2a9bc1d0e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8",
        "sha: 3f2a9bc1d0e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8",
        "trace id 4bf92f3577b34da6a3ce929d0e0e4736, trace_id=4bf92f3577b34da6a3ce929d0e0e4736",
        "trace 4bf92f3577b34da6a3ce929d0e0e4736",
        "https://github.com/o/r/commit/3f2a9bc1d0e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8",
        "stare at the dot matrix, at the dot in the corner",
        "12 pass: 12, fail: 3",
        "docker run -u 1000:1000",
        "error code is 5001, zip code is 94110",
        "session: expired",
        "the string 1234567, context 1234567",
        "1234567件",
        "access key: Alt+S",
        "month (FW=PW=2)",
        "Expose secret: this is the only method",
        "Authorization: Token expired, Basic auth fails",
        "look at the dot com bubble",
        "https://tools.example.org/html/rfc5280#section-4.1.1.2",
        "150 2000 3000 px",
        "hi @bob.smith thanks",
    ] {
        assert_eq!(redact(text).text, text);
    }
}

#[test]
fn a_placeholder_in_the_text_is_only_a_word() {
    assert_eq!(redact("[email] wrote: password: [secret] x").text, "[email] wrote: password: [secret] x");
    assert_eq!(redact("a\u{fdd0}b").text, "a\u{fffd}b");
}

#[test]
fn where_people_live_goes() {
    for (text, want) in [
        ("I live at 221B Baker Street, London NW1 6XE.", "I live at [address]."),
        ("Ship to Flat 4, 22 Acacia Avenue please", "Ship to [address] please"),
        ("1600 Elm St NW, Springfield, IL 62704", "[address]"),
        ("at 12 old church lane again", "at [address] again"),
        ("P.O. Box 1234", "[address]"),
        ("Musterstraße 12a, 10115 Berlin ist falsch", "[address] ist falsch"),
        ("Ich wohne Am Alten Markt 7, 14467 Potsdam.", "Ich wohne [address]."),
        ("Kerkstraat 12, 1017 GP Amsterdam", "[address]"),
        ("12 bis, rue de la Paix, 75002 Paris", "[address]"),
        ("Calle de Alcalá, 20, 3º B", "[address]"),
        ("C/ Serrano 5, 28001 Madrid", "[address]"),
        ("Rua 25 de Abril, 123, apto 4", "[address]"),
        ("Av. Paulista, 1000 - São Paulo - SP, 01310-100", "[address]"),
        ("abito in via Giuseppe Verdi 12, 20121 Milano (MI)", "abito in [address]"),
        ("住所は東京都渋谷区神南1-2-3です", "住所は[address]です"),
        ("大阪市北区梅田２丁目４番９号", "[address]"),
        ("我住在北京市朝阳区建国路88号院3号楼501室。", "我住在[address]。"),
        ("أسكن في شارع الملك فهد 12", "أسكن في [address]"),
        ("मकान नंबर 12, नेहरू मार्ग पर", "[address] पर"),
    ] {
        assert_eq!(redact(text).text, want, "{text}");
    }
}

#[test]
fn what_only_sounds_like_a_place_stays() {
    for text in [
        "I have 3 Google Drive accounts and 2 Hard Drive slots",
        "took 5 days down the road",
        "mileage is 26 city and 30 open road",
        "Mein Arbeitsweg 45 Minuten, Speicherplatz 128",
        "Am Montag 3 Mal, im Mai 2026",
        "sent via Zoom 5 times",
        "Via Email 3 volte",
        "el camino a Madrid 3 veces",
        "in piazza alle 8",
        "2 rues plus loin",
        "横浜市の3丁目は表示されない地図",
        "这条路堵了30分钟",
        "Page 12 of the Street Food guide",
    ] {
        assert_eq!(redact(text).text, text);
    }
}

#[test]
fn names_go_only_where_that_is_asked_for() {
    for (text, want) in [
        ("My name is Jane O'Neil and it crashes", "My name is [name] and it crashes"),
        ("Dear Mr. Smith, no", "Dear Mr. [name], no"),
        ("Hi Anna,\nthanks", "Hi [name],\nthanks"),
        ("Viele Grüße\nJürgen von Berg", "Viele Grüße\n[name]"),
        ("\"name\": \"Jane Doe\"", "\"name\": \"[name]\""),
        ("Bonjour Madame Dupont", "Bonjour Madame [name]"),
        ("名前は山田太郎です", "名前は[name]です"),
        ("佐藤さんに聞いた", "[name]さんに聞いた"),
        ("我叫王小明，谢谢", "我叫[name]，谢谢"),
        ("मेरा नाम राहुल शर्मा है", "मेरा नाम [name] है"),
        ("Hi team, Dear Support, Hello Everyone", "Hi team, Dear Support, Hello Everyone"),
        ("お客様センター、皆さん", "お客様センター、皆さん"),
        ("This is Great", "This is Great"),
    ] {
        assert_eq!(redact_with_names(text).text, want, "{text}");
        assert_eq!(redact(text).text, text);
    }
}

#[test]
fn keys_of_known_shapes_go() {
    let (letters, hex) = ("aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5hJ7k", "0123456789abcdef0123456789abcdef");
    for (head, length) in [
        ("ghp_", 36),
        ("gho_", 36),
        ("github_pat_", 40),
        ("glpat-", 20),
        ("npm_", 36),
        ("hf_", 34),
        ("sk-proj-", 36),
        ("whsec_", 32),
        ("sk_live_", 24),
        ("rk_test_", 24),
        ("AIza", 35),
        ("ya29.", 30),
        ("GOCSPX-", 28),
        ("hvs.", 28),
        ("figd_", 36),
        ("glsa_", 36),
        ("xoxb-", 24),
        ("ATATT", 36),
        ("123456789:AA", 33),
    ] {
        let key = format!("{head}{}", &letters[..length]);
        assert_eq!(redact(&format!("it prints {key}, why?")).text, "it prints [secret], why?", "{head}");
    }
    for head in ["key-", "dapi", "shpat_"] {
        assert_eq!(redact(&format!("{head}{hex}")).text, "[secret]", "{head}");
    }
}

#[test]
fn each_stretch_is_told_with_its_place() {
    let text = "[email] é a@example.com: token=x, 4111 1111 1111 1111";
    let Redacted { text: left, found } = redact(text);
    assert_eq!(left, "[email] é [email]: token=[secret], [card]");
    let shown: Vec<_> = found.iter().map(|f| (f.kind.word(), &text[f.range.clone()])).collect();
    assert_eq!(shown, [("[email]", "a@example.com"), ("[secret]", "x"), ("[card]", "4111 1111 1111 1111")]);
}

/// Shapes that make careless expressions slow: they must come back, and settle.
#[test]
fn hostile_texts_settle() {
    for part in [
        "a@",
        "a.",
        "@",
        "1 ",
        "1-",
        "+1 (",
        "::",
        "1.",
        "DE89 ",
        "password:",
        "token=",
        "-----BEGIN PRIVATE KEY",
        "a://",
        "?token=",
        "eyJa.",
        "[email]",
        "4111 ",
        "curl -u ",
        "curl -u a:b",
        "call 1 ",
        "a at b dot ",
        "\"@",
        "a @ ",
        "１ ",
        "Password\n",
        "commit ",
        "your code ",
        "1111 is your a b ",
        "&pass=",
        "1.2.3.4 to ",
        "12 Main ",
        "Calle a ",
        "12 rue de ",
        "東京都",
        "市1-",
        "路1号",
        "شارع ",
        "1 नगर ",
        "Am Markt 1 ",
        "Mr. Ab ",
        "Dear A ",
        "regards\n",
        "12 a street ",
        "a@b.c.",
        "a=a@",
        "sha256-",
        "/a/",
        "fe80:",
        "aA1",
    ] {
        let text = part.repeat(20_000 / part.len());
        let once = redact(&text).text;
        assert_eq!(redact(&once).text, once, "{part}");
    }
}

/// What the first look leaves out would have found nothing.
fn all_rules_agree(text: &str) {
    assert_eq!(redact_with_names(text), apply(text, Signs::ALL), "{text:?}");
    let Redacted { text: named, .. } = apply(text, Signs::ALL.without(Signs::PERSON));
    assert_eq!(redact(text).text, named, "{text:?}");
}

/// What secrets and addresses are made of.
const PIECES: &[&str] = &[
    "a@b.co",
    "@",
    ".",
    " ",
    "-",
    "+49",
    "0171",
    "4111",
    "1111",
    "DE89",
    "3704",
    "password",
    ":",
    "=",
    "is ",
    "\"",
    "'",
    "token",
    "Bearer ",
    "ghp_",
    "abcdefghijklmnop1234",
    "AKIA",
    "[email]",
    "[secret]",
    "[",
    "]",
    "https://",
    "/",
    "?",
    "&key",
    "192.168.1.1",
    "fe80::1",
    "x",
    "\n",
    "eyJhbGci",
    "-----BEGIN PRIVATE KEY-----",
    "(at)",
    "415 555 2671",
    "é",
    "call ",
    "code is ",
    "482913",
    "pass",
    "curl -u ",
    " at ",
    " dot com",
    "１２３",
    "\u{2011}",
    "です",
    " times",
    "000 ",
    "12 ",
    " Baker Street",
    "Musterstraße ",
    "10115 Berlin",
    ", ",
    "12 rue de la Paix",
    "Calle Mayor ",
    "Via ",
    "Roma ",
    "東京都渋谷区神南",
    "1-2-3",
    "北京市建国路",
    "88号",
    "شارع الملك ",
    "पार्क रोड",
    "验证码",
    "パスワードは",
    "تحقق",
    "pass",
    "\t",
    "sk_live_",
    "hf_",
    "Mr. ",
    "Jane ",
    "Doe",
    "my name is ",
    "regards\n",
    "さん",
    "a=",
    "git@",
    "::1",
    "2001:db8::",
    "1.2.3.4",
    " to ",
    "v1.2.3.4",
    "sha256-",
    "commit ",
    "abcdef0123456789",
    "/",
    "00:00:5e:00:53:",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_first_look_leaves_out_nothing(text in any::<String>()) {
        all_rules_agree(&text);
    }

    #[test]
    fn the_first_look_leaves_out_no_rule(parts in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..10)) {
        all_rules_agree(&parts.concat());
    }

    #[test]
    fn redacting_again_changes_nothing(text in any::<String>()) {
        let once = redact(&text).text;
        prop_assert_eq!(&redact(&once).text, &once);
    }

    #[test]
    fn redacting_pieces_of_secrets_again_changes_nothing(
        parts in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..14)
    ) {
        let once = redact(&parts.concat()).text;
        prop_assert_eq!(&redact(&once).text, &once);
    }
}
