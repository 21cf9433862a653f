//! How addresses are written, as expressions over a text with plain digits, and the words that give them away.

/// One of these stands in every address of its language, or near relative.
pub(in super::super) const STREET: &str = concat!(
    " street| st | st.| st,| st\n| avenue| ave| road| rd| lane| ln| drive| dr| boulevard| blvd| court| ct| close|",
    " crescent| terrace| place| pl| square| way| parkway| pkwy| highway| hwy| gardens| mews| hill| grove| row| walk|",
    " quay| circle| st\"| st)| st;|po box|p.o. box|po. box|pobox|p.o.box|p o box|postfach|postbus|",
    "apartado de correos|boîte postale|caixa postal|casella postale",
);
pub(in super::super) const STRASSE: &str = concat!(
    "straße|strasse|str.|gasse|weg |allee|platz|ring |damm |ufer |straat|gracht|steenweg|laan |plein|kade |dijk |",
    "dreef|singel|steig |wall |markt ",
);
pub(in super::super) const RUE: &str =
    " rue| av| bd| boulevard| place| allée| allee| chemin| impasse| quai| cours| route| square| passage| faubourg";
pub(in super::super) const CALLE: &str = concat!(
    "calle|c/|avenida|avda|paseo|plaza|carrera|camino|ronda|travesía|rua |travessa|praça|praca|alameda|estrada|",
    "rodovia|viale|corso|piazza|vicolo|largo|via |strada|r. |av. |pza|cra|p.zza|v.le|c.so",
);
pub(in super::super) const EAST: &str = "市|区|郡|町|村|〒|路|街|大道|巷|弄|胡同";
pub(in super::super) const ARABIC: &str = "شارع|طريق";
pub(in super::super) const HINDI: &str = "रोड|मार्ग|गली|नगर|स्ट्रीट|कॉलोनी|सड़क";

pub(super) const ENGLISH: &str = concat!(
    r"(?:(?:Flat|Apt\.?|Apartment|Unit|Suite|flat|apartment|unit)[ ]+[0-9]{1,4}[A-Za-z]?,?[ ]+)?",
    r"[0-9]{1,5}[A-Za-z]?(?:-[0-9]{1,5})?[ ]+((?:[NSEW]\.?[ ]+)?(?:(?:\p{Lu}[\p{L}'’.-]+|[0-9]{1,3}(?:st|nd|rd|th))[ ]+){1,3})",
    r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Close|Crescent|Terrace|Place|Pl|Square|Way",
    r"|Parkway|Pkwy|Highway|Hwy|Gardens|Mews|Hill|Grove|Row|Walk|Quay|Circle)(?-u:\b)\.?(?:[ ](?:NW|NE|SW|SE|N|S|E|W)(?-u:\b))?",
);
pub(super) const ENGLISH_TAIL: &str = concat!(
    r"(?:,?[ ]+(?i:apt|apartment|suite|ste|unit|flat|floor|fl)\.?[ ]*#?(?:[0-9]{1,5}[A-Za-z]?|[A-Z])(?-u:\b)|,?[ ]*#[0-9]{1,5}[A-Za-z]?)?",
    r"(?:,?[ ]+(?:\p{Lu}[\p{L}'’.-]+[ ]?){1,3}(?:,?[ ]*\p{Lu}{2,3})?[ ,]*(?-u:\b)(?:[0-9]{4,5}(?:-[0-9]{4})?|[A-Z]{1,2}[0-9][A-Z0-9]?[ ]?[0-9][A-Z]{2}|[A-Z][0-9][A-Z][ ]?[0-9][A-Z][0-9])(?-u:\b))?",
);
pub(super) const SMALL: &str =
    r"(?-u:\b)([0-9]{1,5}[a-z]?[ ]+((?:[a-z'’]{3,}[ ]+){1,2})(?:street|avenue|road|lane|boulevard)(?-u:\b))";
pub(super) const GERMAN: &str = concat!(
    r"(?:^|[^\p{L}\p{N}])((?:\p{L}[\p{L}-]*(?:straße|strasse|str\.|gasse|straat|gracht|steenweg)",
    r"|\p{Lu}[\p{L}-]{2,}(?:weg|allee|platz|ring|damm|ufer|laan|plein|kade|dijk|dreef|singel|steig|wall|markt)",
    r"|(?:\p{Lu}[\p{L}.-]+[ ]){1,2}(?:Straße|Strasse|Str\.|Allee|Platz|Weg|Ring|Damm|Ufer|Gasse|Straat|Laan|Plein))",
    r"[ ]{1,2}[0-9]{1,4}(?:[a-zA-Z](?-u:\b)|[ ][a-h](?-u:\b))?(?:[ ]?[-/][ ]?[0-9]{1,4}[a-zA-Z]?(?-u:\b))?",
    r"(?:(?:,[ ]*|[ ]+|[ ]*\n[ ]*)(?:[A-Z]{1,2}-)?(?:[0-9]{5}|[0-9]{4}(?:[ ]?[A-Z]{2})?)[ ]+\p{Lu}[\p{L}-]+(?:[ ](?:am|an der|im|bei|aan den|op)[ ]\p{Lu}\p{L}+)?)?)",
);
pub(super) const GERMAN_WITH_TOWN: &str = concat!(
    r"(?:^|[^\p{L}\p{N}])((?:(?:Am|An|Auf|Im|In|Unter|Zum|Zur|Hinter|Vor|Bei)(?:[ ](?:der|den|dem))?[ ](?:\p{Lu}[\p{L}-]+[ ]){1,2}|\p{Lu}[\p{L}-]{2,}[ ])",
    r"[0-9]{1,4}[a-zA-Z]?(?:,[ ]*|[ ]+)(?:[0-9]{5}|[0-9]{4}[ ]?[A-Z]{2})[ ]+\p{Lu}[\p{L}-]+)",
);
pub(super) const FRENCH: &str = concat!(
    r"(?-u:\b)([0-9]{1,4}(?:[ ]?(?:bis|ter|quater|[A-D])(?-u:\b))?,?[ ]+(?:",
    r"(?:(?i:rue|avenue|boulevard|place|allée|allee|chemin|impasse|quai|cours|route|square|passage|faubourg)|(?i:av|bd)\.?)[ ]+",
    r"(?:(?:de|du|des|la|le|les|aux?|et)[ ]+|[ldLD]['’])*\p{Lu}[\p{L}'’-]+(?:[ -](?:(?:de|du|des|la|et)[ ]|[ld]['’])*\p{Lu}[\p{L}'’-]+){0,3}",
    r"|(?i:rue|avenue|boulevard|allée|impasse|chemin)[ ]+(?:(?:de|du|des|la|le|les|aux?)[ ]+|[ld]['’])+\p{Ll}{3,}(?:-[\p{L}]+)*)",
    r"(?:,?[ ]+[0-9]{5}[ ]+\p{Lu}[\p{L}'’-]+(?:[ -]\p{Lu}[\p{L}'’-]+){0,2}(?:[ ][0-9]{1,2}(?:er|ème|e)?(?-u:\b))?)?)",
);
pub(super) const SOUTHERN: &str = concat!(
    r"(?:^|[^\p{L}\p{N}])(((?i:calle|avenida|avda\.?|paseo|plaza|carrera|camino|ronda|travesía|rua|travessa|praça|praca|alameda|estrada|rodovia|viale|corso|piazza|piazzale|vicolo|largo)",
    r"|C|Av\.|av\.|Pza\.?|Cra\.?|R\.|Via|via|Strada|P\.zza|V\.le|C\.so)(?:[ ]+|/[ ]*)((?:[0-9]{1,2}[ ]de[ ])?\p{L}[\p{L}'’.-]*(?:[ ]+[\p{L}'’.-]+){0,5}?)",
    r",?[ ]*(?:(?i:n[º°]\.?|núm\.?|número|num\.?|n\.)[ ]*|#[ ]?)?[0-9]{1,5}(?:[A-Za-z](?-u:\b)|[ ][A-Da-d](?-u:\b))?(?:[-/][0-9]{1,4}[A-Za-z]?(?-u:\b))?",
    r"(?:,?[ ]*(?:[0-9]{1,2}[ºª°](?:[ ]?[A-Z](?-u:\b)|[ ]?(?i:izq|izda|dcha|der|esq|dto|frente)\.?)?",
    r"|(?i:piso|apto\.?|apartamento|ap\.|int\.|interno|scala|bloco|bl\.|puerta|portal|esc\.|andar|sala)[ ]*(?:[0-9]{1,4}[A-Z]?|[A-Z])(?-u:\b))){0,3}",
    r"(?:(?:,|[ ]-)?[ ]+[0-9]{4,5}(?:-[0-9]{3})?[ ]+\p{Lu}[\p{L}'’-]+(?:[ ](?:(?:de|da|do|di|la)[ ])?\p{Lu}[\p{L}'’-]+){0,2}(?:[ ]\([A-Z]{2}\))?",
    r"|(?:,|[ ]-)[ ]*\p{Lu}[\p{L}'’-]+(?:[ ](?:(?:de|da|do)[ ])?\p{Lu}[\p{L}'’-]+){0,2}(?:[ ]?[-/][ ]?[A-Z]{2})?,?[ ]*(?:CEP:?[ ]*)?[0-9]{5}-[0-9]{3})?)",
);
pub(super) const BOX: &str = concat!(
    r"(?-u:\b)((?i:p\.?[ ]?o\.?[ ]?box|postfach|apartado de correos|postbus|boîte postale|caixa postal|casella postale)[ ]*(?:n[º°]?\.?[ ]*)?[0-9]{1,6}",
    r"(?:,[ ]*(?:[0-9]{5}|[0-9]{4}[ ]?[A-Z]{2})[ ]+\p{Lu}[\p{L}-]+)?)",
);
pub(super) const JAPANESE: &str = concat!(
    r"((?:〒?[0-9]{3}-[0-9]{4}[ ]*)?(?:東京都|北海道|京都府|大阪府|[\p{Han}]{2,3}県)?",
    r"(?:\p{Han}[\p{Han}ヶケのノつ]{0,5}?[市区郡町村]){1,3}[\p{Han}\p{Hiragana}\p{Katakana}ー]{0,8}?(?:",
    r"[0-9一二三四五六七八九十]{1,4}(?:(?:丁目|番地|番|号|-|の)[0-9]{1,4}){1,4}(?:番地|番|号室|号)?|[0-9]{1,5}番地)|〒[0-9]{3}-[0-9]{4})",
);
pub(super) const CHINESE: &str = concat!(
    r"((?:\p{Han}{2,8}?(?:省|自治区))?(?:\p{Han}{2,8}?市)?(?:\p{Han}{1,8}?(?:区|县|镇|乡)){0,2}\p{Han}{1,8}?(?:路|街|大道|巷|弄|胡同)",
    r"(?:[0-9]{1,5}弄)?[0-9]{1,5}(?:号|號)(?:院)?(?:[0-9A-Za-z一二三四五六七八九十]{1,4}(?:号楼|栋|幢|座|单元|楼|层|室|号)){0,4}(?:[0-9]{3,4}室?)?)",
);
pub(super) const ARABIC_SHAPE: &str = concat!(
    r"((?:[0-9]{1,5}[ ]+(?:شارع|طريق)[ ]+[\p{Arabic}]{2,}(?:[ ]+ال[\p{Arabic}]{2,}){0,2}",
    r"|(?:شارع|طريق)[ ]+(?:[\p{Arabic}&&\p{L}]{2,}[ ]+){1,4}?(?:[،,][ ]*)?(?:(?:رقم|مبنى|عمارة|بناية|منزل)[ ]+)?[0-9]{1,5}(?:-u:\b)?)",
    r"(?:[،,][ ]*(?:شقة|الدور|الطابق)[ ]+[0-9]{1,3})?)",
);
pub(super) const HINDI_SHAPE: &str = concat!(
    r"((?:(?:मकान|फ्लैट|प्लॉट|घर|दुकान)[ ]+(?:नंबर|नं\.?|संख्या|न\.)[ ]*)?[0-9]{1,4}(?:[/-][0-9A-Za-z]{1,4}|[A-Z])?,?[ ]+(?:[\p{Devanagari}.]+[ ]+){1,3}?",
    r"(?:रोड|मार्ग|गली|नगर|स्ट्रीट|कॉलोनी|सड़क)(?:,?[ ]+सेक्टर[ ]+[0-9]{1,3})?(?:,[ ]*[\p{Devanagari}]+(?:[ ]+[\p{Devanagari}]+)?[ -]+[0-9]{6})?)",
);
