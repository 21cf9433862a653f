use super::*;
use crate::analysis::lexicon;

fn language(text: &str, locale: Option<&str>) -> &'static str {
    let words = Words::read(text);
    detect(text, &words, &lexicon::known(&words), locale)
}

#[test]
fn short_texts_are_told_by_their_small_words() {
    for (text, code) in [
        ("The app crashes when I pay", "en"),
        ("great app", "en"),
        ("Cant get to install", "en"),
        ("Die App stürzt beim Bezahlen ab", "de"),
        ("L'application ne fonctionne plus depuis la mise à jour", "fr"),
        ("La aplicación no funciona desde la última actualización", "es"),
        ("O aplicativo não abre depois da atualização", "pt"),
        ("L'app si blocca dopo l'aggiornamento", "it"),
        ("De app werkt niet meer sinds de update", "nl"),
        ("Приложение не открывается после обновления, исправьте пожалуйста", "ru"),
        ("Aplikacja nie działa po aktualizacji", "pl"),
        ("Uygulama sürekli çöküyor, lütfen düzeltin ışık", "tr"),
        ("アプリが落ちます", "ja"),
        ("앱이 자꾸 꺼져요", "ko"),
        ("应用程序崩溃了", "zh"),
        ("iOS 17.2 iPhone 15 Pro闪退", "zh"),
        ("優の良品很好吃", "zh"),
        ("更新之後相簿全部不見了", "zh"),
        ("返金対応", "ja"),
        ("Xperia 5でPDFを開くと強制終了", "ja"),
        ("التطبيق ما يشتغل بعد update الأخير", "ar"),
        ("چاي گرم ہے اور اچھا ہے", "ur"),
        ("برنامه باز نمی‌شود و پشتیبانی پاسخ نمی‌دهد", "fa"),
        ("ऐप खुलता ही नहीं", "hi"),
        ("app update ke baad open nahi ho raha, please fix asap", "hi"),
        ("paise kat gaye par order nahi hua", "hi"),
    ] {
        assert_eq!(language(text, None), code, "{text}");
    }
}

#[test]
fn what_says_too_little_stays_unknown() {
    for text in ["", "123", "👍👍", "xyzzy", "Qwrtz plugh", "ｓｄｆｇｈ", "ok"] {
        let code = language(text, None);
        assert!(code == UNKNOWN || text == "ok", "{text}: {code}");
    }
}

#[test]
fn the_senders_word_tips_the_scales_and_decides_nothing_alone() {
    assert_eq!(language("super", Some("de-AT")), "de");
    assert_eq!(language("The app crashes when I pay", Some("de")), "en");
    assert_eq!(language("xyzzy", Some("not a locale")), UNKNOWN);
}
