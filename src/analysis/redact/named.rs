//! Secrets that stand after their name.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Match, Regex};

use super::expression::Expression;
use super::{Kind, Stretches, is_one_of};

/// A name of a secret, what ties it to its value, the value, and what the value counts.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)((?:pass(?:word|wort|wd|phrase|code)|passwd|pwd|kennwort|mot de passe|contraseña|senha|wachtwoord",
        r"|secret|token|api[ _-]?key|access[ _-]?key|private[ _-]?key|client[ _-]?secret|authorization|credentials?",
        r"|cvv|cvc|otp|one[ -]time code|verification code|session(?:[ _-]?id)?|parola d['’]ordine|(?-u:\b)(?:pass|pw))",
        r#"["']?)([ \t]*(?::=|=>|[:=：])[ \t]*|[ \t]+(?:is|was|lautet|ist|est|es|é|è|era|war)[ \t:]+)"#,
        r#"("[^"\n\u{fdd0}-\u{fdef}]{1,200}"|'[^'\n\u{fdd0}-\u{fdef}]{1,200}'|[^\s"'<>\u{fdd0}-\u{fdef}]+)"#,
        r"([ \t]+(?:char|character|letter|digit|symbol|zeichen|caracter|caractère|day|hour|minute)(?:s|es)?(?-u:\b))?",
    ))
    .expect("a fixed expression")
});

/// A form's label on one line, what was typed on the next.
static BELOW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?im)^[ \t]*(?:(?:my|the|your)[ \t]+)?(?:password|passwort|passphrase|passcode|kennwort|mot de passe|contraseña|senha|wachtwoord",
        r"|api[ _-]?key|access[ _-]?key|token|secret)[ \t]*:?[ \t]*\r?\n[ \t]*([^\s\u{fdd0}-\u{fdef}]{6,})[ \t]*\r?$",
    ))
    .expect("a fixed expression")
});

/// Codes to type once, or from a card.
static CODE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?-u:\b)(?:(?i:cv[vc]2?|otp|(?:(?:your|my|login|security|sms|verification|confirmation|auth|authentication|2fa|mfa|one[ -]time|pin)[ -]){1,3}code)"#,
        r"(?:[ \t]*[:=]|[ \t]+(?i:is|was))?[ \t]*|PIN[ \t]+|(?i:pin)(?:[ \t]*[:=][ \t]*|[ \t]+(?i:is|was|ist|es|est)[ \t]+))[ \t]*",
        r"([0-9]{3}[ -][0-9]{3}|[0-9]{3,8})(?-u:\b)",
    ))
    .expect("a fixed expression")
});

/// `482913 is your verification code`.
static IS_YOUR_CODE: Expression = Expression::of(
    r"(?-u:\b)([0-9]{4,8})(?i)[ \t]+is[ \t]+(?:your|my|the)[ \t]+(?:[\p{L}\p{N}-]+[ \t]+){0,3}(?:code|otp|pin)(?-u:\b)",
);

/// What secrets are called: one stands in every text in which [`NAMED`] or [`BELOW`] find one.
pub(super) const CALLED: &str = concat!(
    "password|passwort|passwd|passphrase|passcode|pass:|pass\t|pass：|pw\t|pw：|contraseÑa|pass=|pass |pass\"|pass'|pwd|pw:|pw=|pw |pw\"|pw\'|kennwort|",
    "mot de passe|contraseña|senha|wachtwoord|secret|token|api key|api_key|api-key|apikey|access key|access_key|",
    "access-key|accesskey|private key|private_key|private-key|privatekey|authorization|credential|cvv|cvc|otp|",
    "one-time code|one time code|verification code|session|parola d",
);

/// What codes are called.
pub(super) const CODES: &str =
    "code|código|cÓdigo|codigo|codice|cvv|cvc|otp|pin|コード|番号|パスワード|码|碼|رمز|कोड|ओटीपी|tan|код";

/// What passwords are called in languages that write other letters.
pub(super) const ELSEWHERE: &str = "パスワード|暗証|密码|密碼|口令|كلمة المرور|كلمة السر|पासवर्ड|пароль|秘密鍵|トークン|令牌|密钥|秘钥|비밀번호|التوكن|رمز الدخول|टोकन|APIキー";

static NAMED_ELSEWHERE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:パスワード|暗証番号?|密码|密碼|口令|كلمة المرور|كلمة السر|पासवर्ड|пароль|秘密鍵|トークン|令牌|密钥|秘钥|비밀번호|التوكن|رمز الدخول|टोकन|APIキー)",
        r#"[ \t]*(?:は|が|是|为|為|هي|هو|है|:|：|=|—|-|는|은)?[ \t:：]*["'「“]?([!#-&(-~]{4,64})"#,
    ))
    .expect("a fixed expression")
});

/// What codes are called in other languages than English.
static CODE_ELSEWHERE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)(?:(?:bestätigungs|sicherheits|verifizierungs|freischalt|einmal|prüf|sms-?|anmelde)code|(?-u:\b)tan(?-u:\b)|code (?:de )?(?:vérification|sécurité|confirmation|validation)|code sms",
        r"|c[óo]digo (?:de )?(?:verificaci[óo]n|seguridad|confirmaci[óo]n|verifica[çc][ãa]o|seguran[çc]a|confirma[çc][ãa]o|acceso|acesso)|código sms",
        r"|codice (?:di )?(?:verifica|sicurezza|conferma|accesso)|(?:verificatie|beveiligings|bevestigings|inlog)code",
        r"|認証コード|確認コード|暗証番号|ワンタイムパスワード|验证码|驗證碼|校验码|رمز (?:التحقق|التأكيد|الأمان)|(?:सत्यापन|वेरिफिकेशन) कोड|ओटीपी|код подтверждения)",
        r"(?:[ \t]*(?:は|が|是|为|為|هو|है|:|：|=|is|ist|lautet|war|es|est|était|é|è|era|was))?[ \t:：]*([0-9]{3}[ -][0-9]{3}|[0-9]{4,8})(?:[^0-9A-Za-z]|$)",
    ))
    .expect("a fixed expression")
});

static BEARER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?i)(?-u:\b)((?:authorization["']?[ \t]*[:=][ \t]*["']?)?)(bearer|basic|digest|token|apikey)([ \t]+)"#,
        r"([A-Za-z0-9._~+/=-]{8,})"
    ))
    .expect("a fixed expression")
});

static CURL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"((?-u:\b)curl[ \t][^\n]*?(?:-u|-U|--user|--proxy-user)[ \t=]*["']?)([^\s:"'\u{fdd0}-\u{fdef}]+:[^\s"'\u{fdd0}-\u{fdef}]+)"#,
    )
    .expect("a fixed expression")
});

/// Share of neighbours of another class from which what follows `Bearer` is no word.
const RANDOM_SHARE: f64 = 0.35;

/// Finds who signs in with `curl -u`.
pub(super) fn after_curl(text: &str, found: &mut Stretches) {
    secret(CURL.captures_iter(text).filter_map(|c| c.get(2)), found);
}

/// Finds `password: x`; `password: not accepted` and `my password is wrong` are reports, and stay.
pub(super) fn tied(text: &str, found: &mut Stretches) {
    found.extend(NAMED.captures_iter(text).filter_map(|c| named(&c)).map(|range| (range, Kind::Secret)));
}

/// Finds what stands on the line below its label.
pub(super) fn below(text: &str, found: &mut Stretches) {
    secret(BELOW.captures_iter(text).filter_map(|c| c.get(1)).filter(|m| is_mixed(m.as_str())), found);
}

/// Finds passwords after names in other letters.
pub(super) fn tied_elsewhere(text: &str, found: &mut Stretches) {
    secret(NAMED_ELSEWHERE.captures_iter(text).filter_map(|c| c.get(1)).filter(|m| is_odd(m.as_str())), found);
}

/// Finds codes after their name.
pub(super) fn codes(text: &str, found: &mut Stretches) {
    secret(CODE.captures_iter(text).filter_map(|c| c.get(1)), found);
    let mut elsewhere = Stretches::new();
    secret(CODE_ELSEWHERE.captures_iter(text).filter_map(|c| c.get(1)), &mut elsewhere);
    elsewhere.retain(|(range, _)| found.iter().all(|(other, _)| other.end <= range.start || range.end <= other.start));
    found.append(&mut elsewhere);
    found.sort_by_key(|(range, _)| range.start);
}

/// Finds codes before their name.
pub(super) fn is_your_code(text: &str, found: &mut Stretches) {
    secret(IS_YOUR_CODE.on(text).captures_iter(text).filter_map(|c| c.get(1)), found);
}

/// Finds what follows `Bearer` and the like.
pub(super) fn after_scheme(text: &str, found: &mut Stretches) {
    secret(BEARER.captures_iter(text).filter(bearer).filter_map(|c| c.get(4)), found);
}

fn secret<'t>(matches: impl Iterator<Item = Match<'t>>, found: &mut Stretches) {
    found.extend(matches.map(|m| (m.range(), Kind::Secret)));
}

/// The value in a match of [`NAMED`], where it is one.
fn named(c: &Captures<'_>) -> Option<Range<usize>> {
    let (name, tie, shown) = (&c[1], &c[2], c.get(3)?);
    let value = shown.as_str();
    let counted = c.get(4).is_some();
    let by_word = !tie.contains([':', '=', '：']);
    let bare = value.trim_end_matches(['.', ',', ';', ')', '!', '?', '。', '，']);
    let bare = if bare.is_empty() { value } else { bare };
    let plain = bare.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '’' | '/'));
    let prose = plain && (by_word || is_one_of(&bare.to_lowercase(), SAID_OF_SECRETS));
    let scheme = matches!(bare.to_lowercase().as_str(), "bearer" | "basic" | "digest")
        || (name.eq_ignore_ascii_case("authorization") && matches!(bare.to_lowercase().as_str(), "token" | "apikey"));
    let length = counted && bare.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if prose || scheme || length || bare.contains("://") || !can_be(&name.to_lowercase(), bare) {
        return None;
    }
    Some(shown.start()..shown.start() + bare.len())
}

/// Whether what is called so can look so.
fn can_be(name: &str, value: &str) -> bool {
    let name = name.trim_end_matches(['"', '\'']);
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    if name.ends_with("code") && !name.starts_with("pass") || matches!(name, "otp" | "cvv" | "cvc") {
        return digits >= 3;
    }
    if name == "pass" || name.starts_with("session") {
        return value.len() >= 5 && is_mixed(value);
    }
    if name == "pw" {
        return value.chars().count() >= 4;
    }
    if name == "authorization" {
        return !value.bytes().all(|b| b.is_ascii_lowercase());
    }
    // A coin's sign, a key on the keyboard.
    let sign = value.len() <= 5 && value.bytes().all(|b| b.is_ascii_uppercase());
    let key = value.len() <= 3 && value.starts_with('F') && value.len() == digits + 1;
    let chord = ["alt+", "ctrl+", "cmd+", "shift+", "option+"].iter().any(|k| value.to_lowercase().starts_with(k));
    let is_short = name == "token" || name.ends_with("key");
    !(is_short && (sign || key || chord))
}

/// Letters with digits among them, as passwords have and words have not.
fn is_mixed(value: &str) -> bool {
    value.chars().any(char::is_alphabetic) && value.chars().any(char::is_numeric)
}

/// With a digit or a sign, as words have none.
fn is_odd(value: &str) -> bool {
    value.chars().any(|c| !c.is_ascii_alphabetic())
}

/// Words that follow `password:` in a report about passwords.
const SAID_OF_SECRETS: &str = concat!(
    "a|accepted|after|always|an|and|app|can|cannot|change|changed|does|doesn|error|expired|expires|fail|failed|fails|",
    "false|field|forgot|i|ignored|in|incorrect|invalid|is|it|keeps|lost|missing|must|my|never|no|none|not|null|on|",
    "optional|rejected|required|reset|should|still|stopped|the|this|too|true|unknown|when|why|won|works|wrong|yes|",
    "you|your",
);

fn bearer(c: &Captures<'_>) -> bool {
    let (header, value) = (&c[1], &c[4]);
    // `token` is a scheme in a header only.
    if header.is_empty() && matches!(c[2].to_lowercase().as_str(), "token" | "apikey") {
        return false;
    }
    let has = |class: fn(&char) -> bool| value.chars().any(|c| class(&c));
    has(char::is_ascii_digit) && has(char::is_ascii_alphabetic)
        || value.ends_with('=')
        || !header.is_empty() && has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase)
        || super::secrets::transitions(value) > RANDOM_SHARE
}
