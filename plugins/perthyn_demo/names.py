"""Words to invent people and places from. All invented combinations; no list of real persons.

Safe by construction: phone numbers from Ofcom's ranges for drama, example.org addresses, and postcodes of a
real outward code with an inward part that has a letter never issued (C, I, K, M, O or V).
"""

from __future__ import annotations

GIVEN: tuple[str, ...] = (
    "Aled", "Alun", "Alys", "Aneirin", "Angharad", "Anwen", "Arwel", "Bethan", "Branwen", "Bryn", "Cadi",
    "Catherine", "Ceri", "Cerys", "Christine", "Dafydd", "David", "Delyth", "Dewi", "Dylan", "Efa", "Eirlys",
    "Eleri", "Elin", "Elwyn", "Emlyn", "Emyr", "Eurgain", "Ffion", "Gareth", "Geraint", "Glenys", "Graham",
    "Guto", "Gwawr", "Gwen", "Gwenllian", "Gwilym", "Gwyn", "Haf", "Hedd", "Heledd", "Helen", "Huw", "Hywel",
    "Iestyn", "Ieuan", "Ifan", "Ioan", "Iolo", "Iona", "Iwan", "James", "Jean", "John", "Karen", "Leusa",
    "Linda", "Lleucu", "Llinos", "Llŷr", "Lowri", "Mair", "Margaret", "Mari", "Martha", "Medi", "Megan",
    "Meinir", "Menna", "Meurig", "Michael", "Mirain", "Myfanwy", "Nerys", "Nia", "Non", "Osian", "Owain",
    "Paul", "Peter", "Rhiannon", "Rhian", "Rhodri", "Rhys", "Robert", "Ruth", "Siân", "Siôn", "Siwan",
    "Steffan", "Susan", "Taliesin", "Tegwen", "Tomos", "Trefor", "Tudur", "Wendy", "William", "Wyn",
)  # fmt: skip
FAMILY: tuple[str, ...] = (
    "Adams", "Bebb", "Bennett", "Bevan", "Bowen", "Breeze", "Brown", "Clarke", "Cooper", "Davies", "Edwards",
    "Ellis", "Evans", "Foulkes", "Gittins", "Gough", "Griffiths", "Gwynne", "Hamer", "Harris", "Hopkins",
    "Howells", "Hughes", "Humphreys", "Ifans", "Jackson", "James", "Jarman", "Jenkins", "Jerman", "Jones",
    "Kinsey", "Lewis", "Llewelyn", "Lloyd", "Mathias", "Mills", "Morgan", "Morris", "Mostyn", "Nicholas",
    "Owen", "Parry", "Pennant", "Phillips", "Powell", "Price", "Pritchard", "Prosser", "Pryce", "Pugh", "Rees",
    "Richards", "Roberts", "Rowlands", "Sayce", "Smith", "Swain", "Taylor", "Thomas", "Tudor", "Vaughan",
    "Walker", "Watkin", "Wigley", "Williams", "Wilson", "Wood", "Wynne",
)  # fmt: skip
HOUSES: tuple[str, ...] = (
    "Awel Deg", "Bryn Awel", "Bryn Eithin", "Cae Glas", "Cartref", "Cefn Coed", "Dolwen", "Erw Las", "Fron Deg",
    "Glan-yr-afon", "Gwynfa", "Hafod", "Hen Efail", "Llwyn Onn", "Maes-y-coed", "Nant y Bedd", "Pen-y-bont",
    "Rhiwlas", "Tan-y-graig", "Tŷ Capel", "Tŷ Gwyn", "Tŷ'n-y-maes", "Y Felin", "Ysgubor Wen",
)  # fmt: skip
STREETS: tuple[str, ...] = (
    "Heol yr Orsaf", "Heol Maengwyn", "Ffordd y Castell", "Stryd Fawr", "Station Road", "Church Street",
    "Severn Street", "Maes Hyfryd", "Lôn Cerrig", "Great Oak Street", "Bridge Street", "Park Lane",
)  # fmt: skip
# (outward code, town, county): real post districts of mid-Wales and its neighbours
PLACES: tuple[tuple[str, str, str], ...] = (
    ("SY17", "Caersws", "Powys"),
    ("SY18", "Llanidloes", "Powys"),
    ("SY19", "Llanbrynmair", "Powys"),
    ("SY20", "Machynlleth", "Powys"),
    ("SY21", "Y Trallwng", "Powys"),
    ("SY22", "Llanfyllin", "Powys"),
    ("SY23", "Aberystwyth", "Ceredigion"),
    ("SY24", "Borth", "Ceredigion"),
    ("SY25", "Tregaron", "Ceredigion"),
    ("LD1", "Llandrindod", "Powys"),
    ("LD2", "Llanfair-ym-Muallt", "Powys"),
    ("LD6", "Rhaeadr Gwy", "Powys"),
    ("LL35", "Aberdyfi", "Gwynedd"),
    ("LL36", "Tywyn", "Gwynedd"),
    ("LL40", "Dolgellau", "Gwynedd"),
)
CARDIFF: tuple[str, str, str] = ("CF24", "Caerdydd", "Caerdydd")
MAIL_HOSTS: tuple[str, ...] = (
    "example.org", "post.example.org", "ebost.example.org", "cartref.example.org", "mail.example.org",
)  # fmt: skip
INWARD_NEVER = "CIKMOV"
INWARD_USUAL = "ABDEFGHJLNPQRSTUWXYZ"
VISITOR_PLACES: tuple[str, ...] = (
    "Aberystwyth", "Llandrindod", "Birmingham", "Machynlleth", "Wrecsam", "Caerdydd", "Pen Llŷn", "Dŵr-y-felin",
    "Amwythig / Shrewsbury", "Manchester", "Holland", "Trelew, Chubut", "Llanidloes", "Leeds", "Y Bala",
)  # fmt: skip
COMMENTS: tuple[str, ...] = (
    "Bendigedig!", "Lovely house, lovely tea", "Diolch am y croeso", "The guides were so kind", "Cacen ardderchog",
    "Will come again", "Gerddi hyfryd iawn", "Beautiful view from the terrace", "Hanes diddorol, diolch Siân",
    "Kids loved the bats", "Best scones in Powys", "Wedi mwynhau'n fawr",
)  # fmt: skip
