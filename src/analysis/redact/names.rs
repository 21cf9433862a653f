//! Names of people, where the words around say that they are names: after a title, a greeting, `my name is`, below a
//! greeting at the end, after a form's label. Other names are not found.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{Kind, Stretches, is_one_of};

/// One of these stands in every text in which a name is found.
pub(super) const WORDS: &str = concat!(
    "my name|i am |i'm |this is |mein name|ich hei|ich bin|appelle|mon nom|me llamo|mi nombre|meu nome|me chamo|",
    "chamo-me|mi chiamo|il mio nome|ik heet|mijn naam|mr|ms.|ms |miss|dr.|dr |prof|herr|frau|monsieur|madame|mme|",
    "señor|sr.|sra|signor|sig.|senhor|dhr|mevr|meneer|dear |hi |hello |hey |hallo |liebe|bonjour |cher|hola |estimad|",
    "querid|olá |prezad|car|gentile |ciao |beste |geachte|salut |regards|sincerely|yours|thanks|thank you|cheers|",
    "wishes|grüße|gruß|cordialement|bien à vous|saludo|atentamente|atenciosamente|abraço|saluti|groet|mvg|lg|vg|name|",
    "nombre|nome|naam|nom|from:|von:|de:|様|さん|氏|名前|申し|我叫|名字|姓名|先生|女士|小姐|اسمي|السيد|الاسم|الأستاذ|नाम|श्री|user|",
    "customer|contact|kunde|cliente|client",
);

macro_rules! name {
    () => {
        r"\p{Lu}[\p{L}\p{M}'’-]*(?:\.[ ]|\p{Ll}[\p{L}\p{M}'’-]*)"
    };
}
macro_rules! more {
    () => {
        concat!(r"(?:[ ](?:(?:van|von|de|da|di|del|der|den|la|le|dos|du|al|bin|el|zu)[ ])*", name!(), ")")
    };
}

static CUES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        concat!(
            r"(?i:my name is|my name's|mein name ist|ich hei(?:ß|ss)e|je m['’]appelle|mon nom est|me llamo|mi nombre es|meu nome é",
            r"|me chamo|chamo-me|mi chiamo|il mio nome è|ik heet|mijn naam is)[ ]+(", name!(), more!(), r"{0,3})",
        ),
        concat!(r"(?:[Tt]his is|I am|I['’]m|[Ii]ch bin|[Jj]e suis|[Ss]oy|[Ss]ou|[Ss]ono|[Ii]k ben)[ ]+(", name!(), more!(), r"{1,3})"),
        concat!(
            r"(?-u:\b)(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Herrn?|Frau|Monsieur|Madame|Mme|Mlle|Señora?|Sr|Sra|Srta|Signora?|Sig(?:\.ra)?",
            r"|Senhora?|Dhr|Mevr|[Mm]evrouw|[Mm]eneer)\.?[ ]+(?:(?:Dr|Prof)\.[ ]+)?(", name!(), more!(), r"{0,2})",
        ),
        concat!(
            r"(?m)^[ \t>]*(?:Dear|Hi|Hello|Hey|Hallo|Lieber?|Bonjour|Cher|Chère|Hola|Estimad[oa]|Querid[oa]|Olá|Prezad[oa]|Car[oa]",
            r"|Gentile|Ciao|Beste|Geachte|Salut)[ ]+(", name!(), more!(), r"{0,2})[ ]*(?:[,!:.]|$)",
        ),
        concat!(
            r"(?i:regards|sincerely|yours(?: truly)?|thanks|thank you|cheers|wishes|grü(?:ße|ssen|ßen)|gruß|cordialement|bien à vous|saludos?",
            r"(?: cordiales)?|atentamente|atenciosamente|abraços?|saluti|groet(?:en|jes)?|mvg|lg|vg)[ ]*[,.!]?[ ]*\n[ ]*(", name!(), more!(),
            r"{0,3})[ ]*(?:[,\n]|$)",
        ),
        concat!(
            r#"(?i:(?:full|first|last|customer|user|sur|contact|vor|nach)?[ _-]?name|nombre|nome|naam|nom|kunde|cliente?|customer|contact|from|von)"?[ ]*[:=][ ]*"?("#,
            name!(), more!(), r"{1,3})",
        ),
        r"((?:\p{Han}{1,4}[ ]?\p{Han}{0,3}|[\p{Katakana}ー]{2,10}))(?:様|さん|氏)(?:[^\p{Han}々]|$)",
        r"(?:名前は|名前：|氏名[:：]|氏名は)[ ]*(\p{Han}{1,4}[ ]?\p{Han}{1,4}|[\p{Katakana}ー・]{2,16})(?:です|と|。|、|\n|$)",
        r"(?:我叫|名字是|名字叫|姓名[:：]|姓名是)[ ]*(\p{Han}{2,4})(?:[，。,！!、 \n]|$)",
        concat!(
            r"([王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷]",
            r"\p{Han}{0,2}?)(?:先生|女士|小姐)",
        ),
        r"(?:اسمي|السيدة?|الاسم[ ]?:|الأستاذة?)[ ]+([\p{Arabic}&&\p{L}]{2,}(?:[ ]+[\p{Arabic}&&\p{L}]{2,})?)",
        r"नाम[ ]+([\p{Devanagari}]+(?:[ ]+[\p{Devanagari}]+)?)[ ]+है",
        r"श्री(?:मती)?[ ]+([\p{Devanagari}]+(?:[ ]+[\p{Devanagari}]+)?)",
    ]
    .into_iter()
    .map(|cue| Regex::new(cue).expect("fixed expressions"))
    .collect()
});

/// What is greeted, signed or labelled and is nobody.
const NOBODY: &str = concat!(
    "Team|Support|All|Everyone|Everybody|Sir|Madam|There|Folks|Guys|Kundenservice|Damen|Customer|Customers|Service|",
    "Zusammen|Community|Developers|Developer|Kollegen|Tous|Todos|Equipo|Equipe|Tutti|Allen|Iedereen|Herren|",
    "Miteinander|World|Admin|Friends|Help|Again|Sent|Von|Support-Team|Entwickler|Not|Very|Still|Using|Premium|",
    "Checkout|Happy|Sorry|Kunde|Staff|Boss|Mr|Mrs|Ms|Dr|Prof|Sr|Sra|Señor|Señora|Herr|Frau|Madame|Monsieur|Mme|",
    "Signor|Signora|Sig|Senhor|Senhora|Dhr|Mevr|Meneer|Mevrouw|皆|お客|客|神|王|同|仕|多|模|有|お|患者|店員|皆様",
);

/// Finds names.
pub(super) fn find(text: &str, found: &mut Stretches) {
    for cue in &*CUES {
        for m in cue.captures_iter(text).filter_map(|c| c.get(1)) {
            if m.as_str().split([' ', '-', '.']).all(|part| !is_one_of(part, NOBODY)) {
                found.push((trimmed(m.as_str(), m.start()), Kind::Name));
            }
        }
    }
    found.sort_by_key(|(range, _)| (range.start, usize::MAX - range.end));
    let mut end = 0;
    found.retain(|(range, _)| {
        let apart = range.start >= end;
        end = end.max(range.end);
        apart
    });
}

fn trimmed(shown: &str, start: usize) -> Range<usize> {
    let shown = shown.trim_end_matches(['.', ' ', '-', '\'', '’']);
    start..start + shown.len()
}
