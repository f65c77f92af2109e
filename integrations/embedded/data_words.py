# ruff: noqa: SIM905 (a pool of words is read and extended as a text)
"""Word pools of the synthetic corpus, and the split of every pool into training and held-out words.

A word belongs to the held-out part iff ``crc32(word) % 8 == 0``; the split needs no list, is the same on every machine, and
holds for invented words too. Half of all personal, place and product names are invented from syllables, so that copying
has to be learned as copying: a model that memorises a list of names fails on the next one.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence

HELD_OUT_MODULUS = 8


def is_held_out(word: str) -> bool:
    """Return whether `word` belongs to the held-out part of the pools."""
    return zlib.crc32(word.encode()) % HELD_OUT_MODULUS == 0


FIRST = """Maria James Aisha Chen Lucas Emma Omar Priya Noah Sofia Liam Olivia Ethan Ava Mateo Isabella Yuki Hiroshi Elena Ivan Nadia
Carlos Fatima Ahmed Leila David Sarah Michael Laura Peter Anna Thomas Julia Daniel Grace Henry Alice George Clara Oscar Ruth Hugo Ines
Pablo Marta Diego Lucia Andre Chloe Louis Camille Felix Greta Hans Ingrid Lars Astrid Sven Freya Bjorn Kofi Ama Kwame Zuri Tariq Layla
Hassan Mina Ravi Anjali Arjun Meera Wei Mei Jin Soo Minh Linh Tomas Petra Jakub Zofia Marek Hana Viktor Olga Dmitri Irina Aaron Beth
Caleb Diana Edgar Fiona Gavin Helen Ian Jane Kevin Linda Mark Nora Owen Paula Quinn Rosa Sam Tina Uma Victor Wendy Xavier Yara
Zoe José Zoë Renée Søren""".split()
LAST = """Lopez Smith Khan Wang Rossi Johnson Silva Patel Kim Garcia Müller Schmidt Dubois Moreau Tanaka Sato Ivanov Petrov Nguyen Tran
Okafor Mensah Diallo Haddad Rahman Singh Sharma Gupta Cohen Levy Novak Kowalski Horvat Jansen Visser Berg Lund Hansen Nilsson Virtanen
Brown Taylor Wilson Clark Lewis Walker Hall Young King Wright Hill Green Baker Adams Nelson Carter Mitchell Turner Parker Evans Collins
Stewart Morris Murphy Cook Rogers Reed Bailey Cooper Ward Cox Gray Watson Brooks Bennett Wood Ross Fisher Marsh Stone Fox Lane Price
Castro Mendes Torres Vega Ortiz Ramos Ferrari Conti Greco O'Brien O'Neill D'Angelo Peña""".split()
CITIES = """Lyon Paris Madrid Berlin Tokyo Osaka Lisbon Porto Vienna Prague Oslo Bergen Dublin Cork Rome Milan Turin Naples Athens Cairo
Lagos Nairobi Accra Dakar Mumbai Delhi Chennai Seoul Busan Hanoi Bangkok Jakarta Manila Sydney Perth Auckland Toronto Montreal
Chicago Boston Denver Seattle Austin Dallas Miami Lima Quito Bogota Santiago Zurich Geneva Basel Ghent Bruges Leiden Utrecht
Krakow Gdansk Helsinki Turku Tallinn Riga Vilnius Zagreb Split Belgrade Sofia Ankara Izmir Leeds Bristol York Bath""".split()
CITIES += ["New York", "San Diego", "Cape Town", "Buenos Aires", "Hong Kong", "Rio de Janeiro", "Los Angeles"]
CITIES += ["Saint Malo", "Le Havre", "Tel Aviv"]
COUNTRIES = """France Spain Germany Japan Portugal Austria Norway Ireland Italy Greece Egypt Nigeria Kenya Ghana India Korea Vietnam
Thailand Australia Canada Chile Peru Switzerland Belgium Poland Finland Estonia Croatia Turkey Mexico Brazil Morocco""".split()
LANGUAGES = """Portuguese English French Spanish German Japanese Italian Greek Arabic Hindi Korean Vietnamese Thai Polish Finnish Dutch
Estonian Croatian Turkish Swedish Norwegian Danish Czech Hungarian Russian Ukrainian Swahili Yoruba Tamil Mandarin Hebrew Welsh""".split()
JOBS = """engineer teacher nurse baker pilot lawyer chemist painter farmer plumber dentist architect librarian gardener journalist
photographer carpenter translator accountant electrician biologist musician designer surgeon firefighter cook""".split()
JOBS += ["software engineer", "data analyst", "bus driver", "graphic designer", "project manager", "tour guide", "truck driver"]
ADJECTIVES = """blue red green black white silver golden small large tiny wooden ceramic leather steel cotton wool plastic vintage modern
wireless electric portable heavy light soft round square folding striped ergonomic organic handmade waterproof compact
yellow purple orange grey brown beige crimson turquoise tall short wide narrow thick thin solar smart manual
foldable padded slim rugged rustic plain polished quilted woven knitted recycled bamboo glazed brass""".split()
THINGS = """mug lamp chair table keyboard mouse backpack notebook pen bottle jacket scarf kettle blender toaster camera tripod speaker
headphones charger cable tent helmet bicycle skateboard guitar violin clock mirror vase basket blanket pillow towel knife pan plate bowl
umbrella wallet belt hat watch ring shelf desk monitor printer router drone tablet phone sofa
stool bench carpet curtain drawer cupboard hammock ladle teapot spoon fork grater whisk apron glove sock boot sandal sweater raincoat
bracelet necklace purse suitcase trolley shovel rake saw drill wrench toolbox bucket broom candle torch compass telescope microscope
globe puzzle easel brush flute drum piano trumpet harmonica kite rope paddle canoe racket whistle stopwatch""".split()
NOUNS = """apple river stone cloud tiger maple orbit candle harbor meadow falcon copper velvet lantern pepper saddle anchor ribbon walnut
garnet thistle comet bramble ferry glacier hammer island jungle kernel ladder magnet needle oyster pencil quartz rocket salmon temple
urchin valley willow zephyr badge canyon dragon ember forest ginger hazel ivory jasper kitten lemon marble nectar olive pebble raven
silver topaz violet walrus yarn acorn basil cedar delta echo fennel granite heron indigo jade koala lilac mango nutmeg onyx panda quail
rose sage tulip umber viper wheat
almond antler arrow autumn balcony barrel beacon beetle bonnet bottle bridge bucket butter button cactus camel canvas carrot castle cherry
chimney circle clover coral cotton cradle crystal daisy desert diamond dolphin eagle engine fabric feather fiddle finger flower fountain
garlic giraffe glove goblet gravel guitar helmet hornet iceberg jacket jaguar juniper kettle lagoon leather lobster locket mantle mirror
monkey mosaic nettle nickel oregano otter paddle panther parsley pigeon pillar pistachio planet plaza plum poppy prairie pumpkin puzzle
rabbit radish raisin saffron satchel shadow shelter spider spruce squirrel stable summit sunset swallow thunder timber tulip tunnel turtle
vanilla village vinegar violin vulture waffle wagon whale whistle window wolf zebra zinc""".split()
KEY_NOUNS = """count total limit level rate score weight height width depth length speed price cost budget salary capacity volume
temperature pressure distance duration age rank size version code label title name author owner manager supplier vendor region zone
district street building floor room gate platform track channel topic theme subject brand model color material shape flavor category
kind group team league season genre language currency unit source target origin mode state phase stage grade theme motto slogan nickname
alias reference ticket batch serial port host server folder branch tag comment reason result method tool engine sensor device signal
threshold margin offset ratio share quota bonus fee tax discount deposit balance""".split()
KEY_MODIFIERS = """max min total average first last main backup daily weekly monthly annual net gross old new current previous next
public private local remote internal external final initial primary secondary home work north south inner outer upper lower""".split()
WORDS = """project garden music history market winter summer night morning coffee science travel light house story future ocean mountain
city school science dream paper glass fire bread secret silent lost broken hidden golden ancient modern quiet happy wild brave gentle

simple final great little local open digital human spring autumn evening afternoon island forest valley bridge corner table letter
novel poem dance theatre cinema museum library kitchen dinner lunch breakfast tea cheese wine apple orchard farm horse bird fish wolf
river lake storm cloud rain snow wind sun moon star planet space time memory secret promise friend neighbor family child sister brother
teacher doctor captain sailor king queen knight stranger road path journey train ship bicycle machine robot network
shadow mirror window door key stone iron copper silk paper thread long short slow fast early late warm cold bright dark blue green red
white small big young old new second third perfect strange famous hungry sleepy curious honest careful endless distant hollow purple
running singing dancing falling rising growing burning sleeping united national northern southern royal public private""".split()
#: words of sentences, not of values: on neither side of the split, copied in drills so that a model has written each of its tokens before
PLAIN = """please they there then here this that these those what when where which who why how you your we our my their with without
within from into onto over under about after before between again also always never often soon still today tomorrow yesterday now very
much many more most some any each every both few less least only just really quite almost enough together alone need want take make give
keep find know think say says said tell ask call write read send bring set get put let see look hear feel follow become became seem seems
come came goes went going been being may must should could would will shall lies stands sits starts ends opens closes works lives
speaks knows likes loves hates pays buys sells chose took gave made found kept left right back front inside outside above below near far
people person thing things number numbers money euros dollars cents percent degrees meters minutes hours days weeks months years
January February March April May June July August September October November December Monday Tuesday Wednesday Thursday Friday
Saturday Sunday weather rain raining shining falling sunny cloudy warning booking ticket order customer product price quantity address
email phone company employer hobbies languages birthday recipe ingredients portions calories oven bake heat mix serve chef hotel guest
guests room stay flight table restaurant concert workshop lecture speaker venue location organizer review rating stars issue bug version
component crash report reported fixed assigned priority urgent careful extract return fill form details data text message note title
string integer boolean true false null JSON hello thanks thank kind regards dear nice day""".split()
STREETS = "Oak Maple Mill Church Station Park Lake Hill River Bridge Castle Garden Market Queen King Elm Cedar Harbor School Spring".split()
STREET_KINDS = "Street Road Avenue Lane Drive Square".split()
COMPANY_TAILS = [
    "Ltd",
    "Inc",
    "Labs",
    "Group",
    "Foods",
    "Systems",
    "Studio",
    "Motors",
    "Books",
    "Bank",
    "Partners",
    "& Sons",
    "GmbH",
    "Media",
]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
NUMBER_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

_ONSETS = "b br c ch d dr f fl g gr h j k kl l m n p pr qu r s sh st t th tr v w z".split()
_VOWELS = "a e i o u ai ea io ou a e i o".split()
_CODAS = ["", "", "", "n", "r", "l", "s", "m", "th", "x", "nd", "ck"]


def invented(rng: random.Random, syllables: int | None = None) -> str:
    """Return a lowercase word made of random syllables."""
    count = syllables or rng.choice((1, 2, 2, 2, 3))
    word = "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(count))
    return word if len(word) > 2 else word + rng.choice(_ONSETS)


def glued(picker: Picker, pieces: Sequence[str]) -> str:
    """Return up to three of `pieces` as one word of the training side, each piece with a capital or as it is.

    The pieces are a tokenizer's, so that a model has copied each of them, whichever words the pools hold: tokens that answers never
    held are copied as others that are near them. "and" is no such word, as it divides lists.
    """
    while True:
        chosen = picker.rng.choices(pieces, k=picker.rng.choice((1, 1, 2, 3)))
        word = "".join(piece.capitalize() if picker.rng.random() < 0.3 else piece for piece in chosen)
        if not is_held_out(word) and not is_held_out(word.lower()) and word.lower() != "and":
            return word


class Picker:
    """Draw words from one side of the split.

    Parameters
    ----------
    rng : random.Random
        Source of all choices.
    held_out : bool
        Whether words come from the held-out part (every draw) or from the training part (every draw).
    pieces : sequence of str
        Pieces of words, of which every sixth invented word is then put together.
    doubtful : bool
        Whether many fields are optional or nullable, stated or not.

    The held-out part of a pool is small, so its texts repeat words, and a model that copies by the word before loses its place. In
    half of the training samples the words, but for glued ones, therefore come from one of the seven other parts of the pools alone, each as
    small.
    """

    def __init__(self, rng: random.Random, held_out: bool, pieces: Sequence[str] = (), doubtful: bool = False) -> None:
        self.rng = rng
        self.held_out = held_out
        self.pieces = pieces
        self.doubtful = doubtful
        self.part = 0 if held_out else rng.randrange(1, HELD_OUT_MODULUS) if rng.random() < 0.5 else None

    def _accepts(self, word: str) -> bool:
        part = zlib.crc32(word.encode()) % HELD_OUT_MODULUS
        return part == self.part if self.part is not None else part != 0

    def word(self, pool: list[str] | tuple[str, ...]) -> str:
        """Return a word of `pool` on this side of the split, or any word if the pool has none there."""
        for _ in range(200):
            word = self.rng.choice(pool)
            if self._accepts(word):
                return word
        rest = [word for word in pool if is_held_out(word) == self.held_out]
        return self.rng.choice(rest or pool)

    def fresh(self, syllables: int | None = None) -> str:
        """Return an invented word on this side of the split."""
        while True:
            if self.pieces and self.rng.random() < 1 / 6:
                return glued(self, self.pieces).lower()
            word = invented(self.rng, syllables)
            if self._accepts(word):
                return word

    def either(self, pool: list[str], share: float = 0.4) -> str:
        """Return a capitalised invented word with probability `share`, otherwise a word of `pool`."""
        return self.fresh().capitalize() if self.rng.random() < share else self.word(pool)
