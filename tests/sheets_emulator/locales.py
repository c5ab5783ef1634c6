"""How the languages that the emulator knows write numbers, dates, words; all others read as English."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, eq=False)
class Locale:
    """`order` is that of day (d), month (m) and year (y) in a date written with numbers."""

    decimal: str
    group: str
    date: str
    time: str
    currency: str
    symbol: str
    order: str
    true: str
    false: str
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    days: tuple[str, ...]
    short_days: tuple[str, ...]

    @property
    def date_time(self) -> str:
        return f"{self.date} h:mm:ss" if "am/pm" in self.time else f"{self.date} {self.time}"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_EN_MONTHS = _words("January February March April May June July August September October November December")
_EN_DAYS = _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")


def _english(date: str, time: str, symbol: str, order: str) -> Locale:
    return Locale(
        ".", ",", date, time, f'"{symbol}"#,##0.00', symbol, order, "TRUE", "FALSE",
        _EN_MONTHS, tuple(one[:3] for one in _EN_MONTHS), _EN_DAYS, tuple(one[:3] for one in _EN_DAYS),
    )  # fmt: skip


US = _english("m/d/yyyy", "h:mm:ss am/pm", "$", "mdy")
GB = _english("dd/mm/yyyy", "hh:mm:ss", "£", "dmy")
FR = Locale(
    ",", "\u202f", "dd/mm/yyyy", "hh:mm:ss", '#,##0.00\u00a0"€"', "€", "dmy", "VRAI", "FAUX",
    _words("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
    _words("janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc."),
    _words("lundi mardi mercredi jeudi vendredi samedi dimanche"), _words("lun. mar. mer. jeu. ven. sam. dim."),
)  # fmt: skip
DE = Locale(
    ",", ".", "dd.mm.yyyy", "hh:mm:ss", '#,##0.00\u00a0"€"', "€", "dmy", "WAHR", "FALSCH",
    _words("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
    _words("Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez."),
    _words("Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag"), _words("Mo. Di. Mi. Do. Fr. Sa. So."),
)  # fmt: skip
RU = Locale(
    ",", "\u00a0", "dd.mm.yyyy", "h:mm:ss", '#,##0.00\u00a0"₽"', "₽", "dmy", "ИСТИНА", "ЛОЖЬ",
    _words("января февраля марта апреля мая июня июля августа сентября октября ноября декабря"),
    _words("янв. февр. мар. апр. мая июн. июл. авг. сент. окт. нояб. дек."),
    _words("понедельник вторник среда четверг пятница суббота воскресенье"), _words("пн вт ср чт пт сб вс"),
)  # fmt: skip
CY = Locale(
    ".", ",", "dd/mm/yyyy", "hh:mm:ss", '"£"#,##0.00', "£", "dmy", "TRUE", "FALSE",
    _words("Ionawr Chwefror Mawrth Ebrill Mai Mehefin Gorffennaf Awst Medi Hydref Tachwedd Rhagfyr"),
    _words("Ion Chwef Maw Ebr Mai Meh Gorff Awst Medi Hyd Tach Rhag"),
    tuple(f"Dydd {one}" for one in _words("Llun Mawrth Mercher Iau Gwener Sadwrn Sul")),
    _words("Llun Maw Mer Iau Gwen Sad Sul"),
)  # fmt: skip


@lru_cache(maxsize=64)
def named(code: str) -> Locale:
    """The locale of a code like `en_GB`, `fr` or `cy`."""
    language = code.replace("-", "_").split("_")[0].lower()
    if language == "en":
        return US if code in ("en", "en_US", "en-US") else GB
    return {"fr": FR, "de": DE, "ru": RU, "cy": CY}.get(language, US)
