"""Domains of the synthetic corpus: kinds of things, their attributes, the keys that ask for them, the phrases that state them.

`DOMAINS` maps a name to a `Domain`. An `Attribute` has key synonyms, a maker of values (`data_values`) and phrases with a
placeholder ``{v}`` for the value and ``{s}`` for the subject. A lead is a first sentence that states several attributes at once
by their names. Meanings that are not stated word for word (an enum value behind a paraphrase, a boolean behind a verb)
are tables of sentences: the model chooses them by reading, not by copying.
"""

from __future__ import annotations

from typing import NamedTuple

from . import data_values as make
from .data_values import Maker


class Attribute(NamedTuple):
    """One property of a domain: ``keys`` synonyms, ``maker`` of values, ``phrases``; or ``meanings``: value -> sentences."""

    keys: tuple[str, ...]
    maker: Maker | None
    phrases: tuple[str, ...] = ()
    meanings: dict[str | bool, tuple[str, ...]] | None = None


class Domain(NamedTuple):
    """A kind of thing: ``subjects`` name it in sentences, ``leads`` introduce it, ``attributes`` by name."""

    subjects: tuple[str, ...]
    leads: tuple[str, ...]
    attributes: dict[str, Attribute]


def _a(keys: str, maker: Maker, *phrases: str) -> Attribute:
    return Attribute(tuple(keys.split()), maker, phrases)


def _choice(keys: str, **meanings: str) -> Attribute:
    return Attribute(tuple(keys.split()), None, (), {k: tuple(v.split(" | ")) for k, v in meanings.items()})


def _flag(keys: str, true: str, false: str) -> Attribute:
    return Attribute(tuple(keys.split()), None, (), {True: tuple(true.split(" | ")), False: tuple(false.split(" | "))})


PRIORITY = _choice(
    "priority urgency importance",
    low="There is no hurry. | This is not urgent at all. | It has low priority.",
    medium="It has medium priority. | It should be done soon, but it can wait a little. | The urgency is normal.",
    high="This is very urgent! | Please do it as soon as possible. | It has high priority. | It cannot wait.",
)
SENTIMENT = _choice(
    "sentiment opinion mood",
    positive="I love it! | It is wonderful. | Great, I am very happy with it. | Excellent quality.",
    negative="I hate it. | It is terrible. | What a disappointment. | It broke quickly and I am angry.",
    neutral="It is okay. | It is neither good nor bad. | Nothing special. | It does the job, that is all.",
)
PAYMENT = _choice(
    "payment payment_method paid_by",
    card="It was paid by card. | The customer used a credit card.",
    cash="It was paid in cash. | The customer handed over banknotes.",
    transfer="It was paid by bank transfer. | The money was wired.",
)
WEATHER = _choice(
    "condition conditions sky",
    sunny="The sun is shining. | It is sunny. | The weather is sunny. | It is a bright and sunny day. | There is not a cloud in the sky.",
    rainy="It is raining. | It is raining today. | The weather is rainy. | Bring an umbrella, rain is falling. | Showers all day.",
    cloudy="It is cloudy. | The weather is cloudy. | The sky is grey and overcast. | Clouds cover the sky.",
    snowy="Snow is falling. | The weather is snowy. | It is snowing. | Everything is white with snow.",
    windy="The weather is windy. | Strong winds are blowing. | It is very windy.",
)

DOMAINS: dict[str, Domain] = {
    "person": Domain(
        ("the person", "this person", "{name}"),
        (
            "{name} is {age} years old and lives in {city}.",
            "{name}, {age}, works as a {job} in {city}.",
            "{name} is a {job} from {city}.",
            "{name}, {age}, is a {job} from {city}.",
            "{name}, {age}, lives in {city}.",
            "My name is {name} and I am {age} years old.",
            "Meet {name}, a {age}-year-old {job}.",
            "{name} was born on {birth}.",
            "{name} ({age}) lives in {city}, {country}.",
            "This is {name}.",
        ),
        {
            "name": _a("name full_name person", make.person, "The name is {v}.", "{s} is called {v}."),
            "age": _a(
                "age years_old age_years",
                make.integer(1, 99),
                "{s} is {v} years old.",
                "{s} is {v}.",
                "At the age of {v}, life is good.",
            ),
            "city": _a("city town home_city residence", make.city, "{s} lives in {v}.", "Home is {v}.", "{s} moved to {v}."),
            "country": _a("country nation home_country", make.country, "{s} comes from {v}.", "The country is {v}."),
            "job": _a("job occupation profession job_title", make.job, "{s} works as a {v}.", "{s} is a {v} by profession."),
            "birth": _a("birth_date date_of_birth born birthday", make.date, "{s} was born on {v}.", "The birthday is {v}."),
            "email": _a(
                "email email_address mail contact_email", make.email, "The email is {v}.", "Write to {v}.", "{s} can be reached at {v}."
            ),
            "phone": _a("phone phone_number tel telephone", make.phone, "Call {v}.", "The phone number is {v}."),
            "employer": _a("employer company works_at organization", make.company, "{s} works for {v}.", "The employer is {v}."),
            "hobbies": _a(
                "hobbies interests likes", make.listing(make.word), "{s} likes {v}.", "Hobbies: {v}.", "{s} is interested in {v}."
            ),
            "languages": _a(
                "languages spoken_languages speaks",
                make.listing(make.language),
                "{s} speaks {v}.",
                "{s} is fluent in {v}.",
                "Languages: {v}.",
            ),
            "places": _a("places countries worked_in", make.listing(make.country), "{s} has worked in {v}.", "Known places are {v}."),
            "height": _a("height height_cm", make.integer(120, 210), "{s} is {v} cm tall."),
            "weight": _a("weight weight_kg", make.number(40, 120, 1), "{s} weighs {v} kg."),
            "children": _a("children num_children kids", make.integer(0, 6), "{s} has {v} children.", "Number of kids: {v}."),
            "married": _flag("married is_married", "{s} is married. | {s} has a spouse.", "{s} is single. | {s} is not married."),
            "smoker": _flag("smoker smokes", "{s} smokes. | {s} is a smoker.", "{s} does not smoke. | {s} never smoked."),
            "level": _choice(
                "level experience seniority",
                junior="{s} has just started. | {s} is a beginner.",
                senior="{s} has many years of experience. | {s} is an expert.",
                lead="{s} leads a whole team. | {s} is the boss of a team.",
            ),
        },
    ),
    "event": Domain(
        ("the event", "it", "{title}"),
        (
            "{title} takes place in {city} on {date}.",
            "Join us for {title} on {date} at {time}.",
            "{title} starts at {time} in {venue}.",
            "We invite you to {title} in {city}.",
            "On {date}, {city} hosts {title}.",
            "{title} is coming.",
        ),
        {
            "title": _a("title event event_name name", make.title, "The event is called {v}.", "Its name is {v}."),
            "city": _a("city location place", make.city, "It happens in {v}.", "The location is {v}."),
            "venue": _a("venue place_name hall", make.title, "The venue is {v}.", "We meet at {v}."),
            "date": _a("date day event_date start_date", make.date, "The date is {v}.", "It is on {v}.", "Save the date: {v}."),
            "time": _a("time start_time begins_at starts", make.clock, "It begins at {v}.", "Doors open at {v}.", "Start: {v}."),
            "price": _a(
                "price ticket_price cost fee",
                make.number(1, 200),
                "Tickets cost {v} euros.",
                "The ticket price is ${v}.",
                "Entry: {v} dollars.",
            ),
            "seats": _a("seats capacity max_guests places", make.integer(5, 5000), "There are {v} seats.", "Up to {v} people can come."),
            "organizer": _a("organizer host organised_by", make.person, "{v} organizes it.", "The host is {v}.", "It is organized by {v}."),
            "speakers": _a(
                "speakers guests performers attendees", make.listing(make.person), "Guests are {v}.", "{v} will be there.", "Speakers: {v}."
            ),
            "topics": _a("topics tags subjects", make.listing(make.word), "Topics are {v}.", "It is about {v}."),
            "hours": _a("duration hours duration_hours length", make.integer(1, 12), "It lasts {v} hours.", "The duration is {v} hours."),
            "link": _a("url website link registration_url", make.url, "See {v}.", "Register at {v}.", "More at {v}"),
            "free": _flag(
                "free is_free free_entry", "Entry is free. | No ticket is needed.", "You need a ticket. | You have to pay to get in."
            ),
            "online": _flag(
                "online is_online virtual",
                "It is held online. | You can join by video.",
                "It is held on site only. | There is no online stream.",
            ),
            "kind": _choice(
                "type kind category",
                concert="A band will play live. | It is an evening of live music.",
                workshop="You will practise with your own hands. | It is a hands-on class.",
                lecture="A professor gives a talk. | It is a long talk with slides.",
            ),
        },
    ),
    "order": Domain(
        ("the order", "it", "this order"),
        (
            "{customer} ordered {quantity} {product} for ${price}.",
            "Order {id} from {customer}.",
            "{customer} bought a {product} for {price} euros.",
            "Order {id}: {quantity} x {product}.",
            "Please send {quantity} {product} to {customer}.",
            "New order from {customer} on {date}.",
        ),
        {
            "customer": _a(
                "customer customer_name buyer name client", make.person, "The customer is {v}.", "{v} placed the order.", "Buyer: {v}."
            ),
            "id": _a("order_id id order_number reference", make.code, "The order number is {v}.", "Reference {v}."),
            "product": _a("product item article product_name", make.product, "The item is a {v}.", "They want the {v}."),
            "quantity": _a("quantity qty count amount", make.integer(1, 60), "The quantity is {v}.", "{v} pieces were ordered."),
            "price": _a(
                "price unit_price price_eur cost", make.number(1, 900), "The price is {v} euros.", "It costs ${v}.", "Each costs {v}."
            ),
            "total": _a("total total_price sum amount_due", make.number(10, 5000), "The total is {v}.", "In total {v} dollars are due."),
            "date": _a("date order_date ordered_on ordered_at", make.date, "It was ordered on {v}.", "Order date: {v}."),
            "delivery": _a(
                "delivery_date arrives deliver_by due_date", make.date, "It will arrive on {v}.", "Delivery is planned for {v}."
            ),
            "address": _a("address street shipping_address delivery_address", make.street, "Send it to {v}.", "The address is {v}."),
            "city": _a("city town destination ship_to", make.city, "It goes to {v}.", "The city is {v}."),
            "zip": _a(
                "zip postal_code zip_code",
                lambda p: make.text_value(f"{p.rng.randint(10000, 99999)}"),
                "The postal code is {v}.",
                "Zip: {v}.",
            ),
            "email": _a("email contact customer_email", make.email, "Confirm to {v}.", "The customer's email is {v}."),
            "gift": _flag(
                "gift is_gift gift_wrap", "Please wrap it as a gift. | It is a present.", "No gift wrapping is needed. | It is not a gift."
            ),
            "paid": _flag(
                "paid is_paid payment_received",
                "It has been paid. | The payment arrived.",
                "It has not been paid yet. | The payment is still open.",
            ),
            "payment": PAYMENT,
            "status": _choice(
                "status state order_status",
                pending="We are still waiting for it to be packed. | It has not left the warehouse.",
                shipped="The parcel is on its way. | It left the warehouse.",
                delivered="The parcel has arrived at its door. | It was handed over.",
                cancelled="The customer called it off. | It was called off.",
            ),
            "note": _a("note comment message remarks", make.phrase, 'Note: "{v}".', 'The comment says "{v}".'),
        },
    ),
    "place": Domain(
        ("the place", "it", "{name}"),
        (
            "{name} is a city in {country}.",
            "{name} lies in {country} and has {population} inhabitants.",
            "{name} has {population} inhabitants.",
            "{name} was founded in {founded}.",
            "Welcome to {name}, {country}.",
        ),
        {
            "name": _a("name city place place_name", make.city, "It is called {v}.", "The place is {v}."),
            "country": _a("country nation located_in", make.country, "It is in {v}.", "The country is {v}."),
            "population": _a(
                "population inhabitants residents", make.integer(200, 9000000), "The population is {v}.", "{v} people live there."
            ),
            "founded": _a("founded year_founded founded_in", make.year, "It was founded in {v}.", "Its history began in {v}."),
            "mayor": _a("mayor mayor_name head", make.person, "The mayor is {v}.", "{v} runs the town hall."),
            "area": _a("area area_km2 size", make.number(1, 900, 1), "The area is {v} square kilometers.", "It covers {v} km2."),
            "altitude": _a(
                "altitude elevation elevation_m", make.integer(-5, 3500), "It lies {v} meters above the sea.", "The elevation is {v} m."
            ),
            "latitude": _a("latitude lat", make.number(-90, 90), "The latitude is {v}."),
            "longitude": _a("longitude lon lng", make.number(-180, 180), "The longitude is {v}."),
            "rivers": _a("rivers waters", make.listing(make.word), "The rivers are called {v}.", "Rivers: {v}."),
            "sights": _a("sights attractions landmarks", make.listing(make.title), "Famous sights are {v}.", "Visit {v}."),
            "coastal": _flag(
                "coastal by_the_sea has_beach", "It lies by the sea. | It has a beach.", "It is far from any sea. | There is no beach."
            ),
            "capital": _flag(
                "capital is_capital",
                "It is the capital. | The government sits here.",
                "It is not the capital. | The government sits elsewhere.",
            ),
        },
    ),
    "weather": Domain(
        ("the weather", "it"),
        (
            "In {city} it is {temperature} degrees.",
            "Weather for {city} on {date}.",
            "It is {temperature} degrees in {city} today.",
            "{city} today, {temperature} degrees.",
            "{city}: {temperature} degrees, wind {wind} km/h.",
            "The forecast for {city} says {temperature} degrees.",
            "It is {condition} in {city} today, {temperature} degrees.",
            "It is {condition} and {temperature} degrees in {city}.",
            "{city} will be {condition} on {date}, with {temperature} degrees.",
        ),
        {
            "city": _a("city location place station", make.city, "The station is {v}.", "This is the report for {v}."),
            "date": _a("date day forecast_date", make.date, "The date is {v}.", "Report of {v}."),
            "temperature": _a(
                "temperature temp temp_c degrees", make.number(-30, 42, 1), "The temperature is {v} degrees.", "We measured {v} degrees."
            ),
            "low": _a("low min_temp night_temp", make.integer(-30, 20), "At night it falls to {v}.", "The low is {v}."),
            "high": _a("high max_temp day_temp", make.integer(0, 44), "By day it rises to {v}.", "The high is {v}."),
            "wind": _a("wind wind_speed wind_kmh", make.integer(0, 140), "Wind speed is {v} km/h.", "The wind blows at {v} km/h."),
            "humidity": _a("humidity humidity_percent", make.integer(5, 100), "Humidity is {v} percent.", "The humidity is {v}%."),
            "rain": _a("rain rain_mm precipitation", make.number(0, 90, 1), "{v} mm of rain fell.", "Precipitation: {v} mm."),
            "condition": WEATHER,
            "warning": _flag(
                "warning storm_warning alert",
                "A storm warning is in force. | Take care, there is an alert.",
                "There is no warning. | No alert is in force.",
            ),
        },
    ),
    "request": Domain(
        ("the task", "it"),
        (
            "Remind me to call {who} at {time}.",
            "Book a table for {people} at {venue} on {date}.",
            "Set an alarm for {time}.",
            'Send a message to {who} saying "{message}".',
            "Find flights from {origin} to {destination} on {date}.",
            "Play {song} in the {room}.",
            'Translate "{message}" for {who}.',
            "What is the weather in {destination} on {date}?",
        ),
        {
            "who": _a("recipient to person contact name", make.person, "It is for {v}.", "The recipient is {v}."),
            "time": _a("time at when", make.clock, "Do it at {v}.", "The time is {v}."),
            "date": _a("date day on", make.date, "It is for {v}.", "The date is {v}."),
            "people": _a("people party_size guests persons", make.integer(1, 20), "We are {v} people.", "There will be {v} of us."),
            "venue": _a("restaurant venue place", make.title, "Go to {v}.", "The restaurant is {v}."),
            "message": _a("message text body content", make.phrase, 'The message is "{v}".', 'Say "{v}".'),
            "origin": _a("origin from departure from_city", make.city, "We leave from {v}.", "The trip starts in {v}."),
            "destination": _a("destination to_city arrival city", make.city, "We want to go to {v}.", "The destination is {v}."),
            "song": _a("song track title", make.title, "The song is {v}.", "I want to hear {v}."),
            "room": _a("room zone area", make.word, "Use the {v} room.", "The room is called {v}."),
            "budget": _a("budget max_price limit", make.integer(10, 3000), "Spend at most {v} euros.", "The budget is {v}."),
            "minutes": _a("minutes duration_minutes timer", make.integer(1, 180), "It takes {v} minutes.", "Set it to {v} minutes."),
            "repeat": _flag("repeat recurring daily", "Repeat it every day. | Do this daily.", "Do it only once. | Do not repeat it."),
            "priority": PRIORITY,
            "transport": _choice(
                "transport mode vehicle",
                train="We go by rail. | We take the train.",
                plane="We fly. | We take a plane.",
                car="We drive ourselves. | We take the car.",
                bus="We ride on the bus. | A coach takes us.",
            ),
        },
    ),
    "review": Domain(
        ("the product", "it"),
        (
            "{reviewer} reviewed the {product} and gave {rating} stars.",
            "I bought the {product} from {brand}.",
            "{rating} out of 5 stars for the {product}.",
            "Review of {movie} by {reviewer}.",
            "{reviewer} watched {movie}.",
        ),
        {
            "product": _a("product item product_name", make.product, "This is about the {v}.", "The product is a {v}."),
            "movie": _a("movie film work title", make.title, "The film is {v}.", "It is a review of {v}."),
            "brand": _a("brand maker manufacturer", make.company, "It is made by {v}.", "The brand is {v}."),
            "reviewer": _a("reviewer author user written_by", make.person, "Written by {v}.", "The reviewer is {v}."),
            "rating": _a("rating stars score", make.integer(1, 5), "My rating is {v} stars.", "I give it {v} out of 5."),
            "score": _a("points percent score_percent", make.number(0, 100, 1), "It got {v} points.", "It scored {v} percent."),
            "date": _a("date review_date posted_on", make.date, "Posted on {v}.", "Written on {v}."),
            "pros": _a("pros advantages good_points", make.listing(make.phrase), "Good: {v}.", "The strong points are {v}."),
            "cons": _a("cons disadvantages bad_points", make.listing(make.phrase), "Bad: {v}.", "The weak points are {v}."),
            "helpful": _a("helpful_votes likes votes", make.integer(0, 900), "{v} readers found this helpful.", "It has {v} likes."),
            "recommend": _flag(
                "recommend recommended would_recommend", "I recommend it. | Buy it.", "I do not recommend it. | Do not buy it."
            ),
            "verified": _flag(
                "verified verified_purchase",
                "The purchase is verified. | We checked the receipt.",
                "The purchase could not be verified. | No receipt was shown.",
            ),
            "sentiment": SENTIMENT,
        },
    ),
    "booking": Domain(
        ("the booking", "it", "the stay"),
        (
            "{guest} booked a room at {hotel} from {checkin} to {checkout}.",
            "Booking {id} for {guest}.",
            "{guest} stays at {hotel} for {nights} nights.",
            "A table for {guests} on {checkin} in the name of {guest}.",
            "{guest} flies from {origin} to {city} on {checkin}.",
        ),
        {
            "guest": _a("guest guest_name name passenger", make.person, "The guest is {v}.", "It is in the name of {v}."),
            "hotel": _a("hotel hotel_name property", make.title, "The hotel is {v}.", "They stay at {v}."),
            "city": _a("city destination location to", make.city, "The city is {v}.", "It is in {v}."),
            "origin": _a("from origin departure_city", make.city, "The trip starts in {v}.", "They leave from {v}."),
            "checkin": _a("check_in checkin arrival from_date date", make.date, "Check-in is on {v}.", "They arrive on {v}."),
            "checkout": _a("check_out checkout departure until", make.date, "Check-out is on {v}.", "They leave on {v}."),
            "nights": _a("nights num_nights stay_length", make.integer(1, 21), "They stay {v} nights.", "The stay is {v} nights."),
            "guests": _a("guests adults party_size num_guests", make.integer(1, 12), "There are {v} guests.", "It is for {v} people."),
            "room": _a("room room_number", make.integer(1, 999), "The room number is {v}.", "They get room {v}."),
            "price": _a("price price_per_night rate", make.number(20, 700), "One night costs {v} euros.", "The rate is {v}."),
            "id": _a("booking_id confirmation code reservation", make.code, "The confirmation code is {v}.", "Reservation {v}."),
            "breakfast": _flag(
                "breakfast breakfast_included",
                "Breakfast is included. | They want breakfast.",
                "Breakfast is not included. | They do not want breakfast.",
            ),
            "parking": _flag(
                "parking needs_parking",
                "They need a parking space. | They come by car and park there.",
                "No parking is needed. | They do not need parking.",
            ),
            "class": _choice(
                "class seat_class cabin",
                economy="They fly in the cheapest class. | It is an economy seat.",
                business="They fly in business. | It is a business seat.",
                first="They fly first class. | It is the most expensive cabin.",
            ),
            "extras": _a("extras requests amenities", make.listing(make.word), "They asked for {v}.", "Extras: {v}."),
        },
    ),
    "issue": Domain(
        ("the bug", "it", "the problem"),
        (
            "{reporter} reported a bug in {component}.",
            "Ticket {id}: {title}.",
            "{title} (reported by {reporter} on {date}).",
            "Version {version} of {component} crashes.",
        ),
        {
            "id": _a("ticket id issue_id key", make.code, "The ticket is {v}.", "Id {v}."),
            "title": _a("title summary subject", make.phrase, 'The summary is "{v}".', "Subject: {v}."),
            "reporter": _a("reporter reported_by author", make.person, "It was reported by {v}.", "{v} found it."),
            "assignee": _a("assignee assigned_to owner", make.person, "It is assigned to {v}.", "{v} will fix it."),
            "component": _a("component module package", make.word, "It concerns {v}.", "The component is {v}."),
            "version": _a(
                "version release affects_version",
                lambda p: make.text_value(".".join(str(p.rng.randint(0, 20)) for _ in range(p.rng.choice((2, 3))))),
                "The version is {v}.",
                "It happens in version {v}.",
            ),
            "date": _a("date created_on opened", make.date, "It was opened on {v}.", "Date: {v}."),
            "stamp": _a("timestamp created_at logged_at", make.timestamp, "It was logged at {v}.", "Timestamp {v}."),
            "comments": _a("comments num_comments replies", make.integer(0, 200), "It has {v} comments.", "There are {v} replies."),
            "labels": _a("labels tags", make.listing(make.word), "The labels are {v}.", "Tags: {v}."),
            "steps": _a("steps steps_to_reproduce", make.listing(make.phrase, 2, 4), "Steps: {v}.", "To see it: {v}."),
            "fixed": _flag(
                "fixed resolved is_fixed closed", "It is fixed now. | It has been resolved.", "It is not fixed yet. | It is still open."
            ),
            "severity": _choice(
                "severity impact level",
                minor="It is only a cosmetic thing. | It is a small nuisance.",
                major="An important function does not work. | Many users are affected.",
                critical="All data is lost! | The whole system is down.",
            ),
            "priority": PRIORITY,
        },
    ),
    "recipe": Domain(
        ("the dish", "it", "{name}"),
        (
            "{name} serves {servings} and takes {minutes} minutes.",
            "{name} by {cook}.",
            "To make {name} you need {ingredients}.",
            "This is the recipe for {name}.",
        ),
        {
            "name": _a("name dish recipe title", make.title, "The dish is called {v}.", "We cook {v}."),
            "cook": _a("cook chef author", make.person, "The chef is {v}.", "{v} wrote it."),
            "servings": _a("servings serves portions", make.integer(1, 12), "It serves {v}.", "It makes {v} portions."),
            "minutes": _a(
                "minutes total_minutes time cooking_time", make.integer(5, 240), "It takes {v} minutes.", "Cook it for {v} minutes."
            ),
            "ingredients": _a(
                "ingredients needs shopping_list", make.listing(make.word, 2, 5), "You need {v}.", "Ingredients: {v}.", "Mix {v}."
            ),
            "calories": _a("calories kcal energy", make.integer(50, 1500), "It has {v} calories.", "One portion has {v} kcal."),
            "oven": _a("oven_temp temperature oven", make.integer(120, 260), "Heat the oven to {v} degrees.", "Bake at {v} degrees."),
            "origin": _a("origin country cuisine", make.country, "It comes from {v}.", "It is a classic of {v}."),
            "vegan": _flag(
                "vegan is_vegan", "It is vegan. | It contains nothing from animals.", "It is not vegan. | It contains butter and eggs."
            ),
            "spicy": _flag("spicy is_spicy hot", "It is very spicy. | It burns on the tongue.", "It is mild. | It is not spicy."),
            "difficulty": _choice(
                "difficulty level skill",
                easy="Anyone can do it. | It is very simple.",
                medium="It needs some practice. | It is not quite simple.",
                hard="Only for experienced cooks. | It is very difficult.",
            ),
        },
    ),
}
