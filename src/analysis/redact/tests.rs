use proptest::prelude::*;

use super::redact;

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
    assert_eq!(redact("a\u{fdd0}b").text, "ab");
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
    ] {
        let text = part.repeat(20_000 / part.len());
        let once = redact(&text).text;
        assert_eq!(redact(&once).text, once, "{part}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn redacting_again_changes_nothing(text in any::<String>()) {
        let once = redact(&text).text;
        prop_assert_eq!(&redact(&once).text, &once);
    }

    #[test]
    fn redacting_pieces_of_secrets_again_changes_nothing(
        parts in prop::collection::vec(prop::sample::select(vec![
            "a@b.co", "@", ".", " ", "-", "+49", "0171", "4111", "1111", "DE89", "3704", "password", ":", "=", "is ", "\"", "'",
            "token", "Bearer ", "ghp_", "abcdefghijklmnop1234", "AKIA", "[email]", "[secret]", "[", "]", "https://", "/", "?", "&key",
            "192.168.1.1", "fe80::1", "x", "\n", "eyJhbGci", "-----BEGIN PRIVATE KEY-----", "(at)", "415 555 2671", "é",
            "call ", "code is ", "482913", "pass", "curl -u ", " at ", " dot com", "１２３", "\u{2011}", "です", " times", "000 ",
        ]), 0..14)
    ) {
        let once = redact(&parts.concat()).text;
        prop_assert_eq!(&redact(&once).text, &once);
    }
}
