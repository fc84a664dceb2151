"""Words that the edits swap for one another, by kind. Written for this purpose."""


def split(text: str) -> list[str]:
    return [item.strip() for item in text.replace("\n", " ").split(",") if item.strip()]


VALUES = {
    "country": split("""India, China, Japan, Germany, France, Italy, Spain, Portugal, Brazil, Argentina, Mexico, Canada, Australia,
        Nigeria, Kenya, Egypt, Turkey, Iran, Iraq, Israel, Russia, Ukraine, Poland, Sweden, Norway, Finland, Denmark, Ireland,
        Scotland, Greece, Austria, Switzerland, Belgium, Thailand, Vietnam, Indonesia, Malaysia, Singapore, Pakistan, Nepal,
        Bangladesh, South Korea, North Korea, New Zealand, Chile, Peru, Colombia, Cuba, Morocco, Ethiopia, Ghana, South Africa,
        Saudi Arabia, Hungary, Romania, Croatia, Iceland, the Netherlands, the United States, the United Kingdom, Qatar, Jordan"""),
    "city": split("""London, Paris, Berlin, Madrid, Rome, Vienna, Lisbon, Dublin, Athens, Warsaw, Prague, Budapest, Oslo, Stockholm,
        Helsinki, Moscow, Istanbul, Cairo, Lagos, Nairobi, Dubai, Mumbai, Delhi, Bangalore, Chennai, Kolkata, Hyderabad, Pune, Karachi,
        Dhaka, Bangkok, Jakarta, Manila, Hanoi, Tokyo, Osaka, Seoul, Beijing, Shanghai, Taipei, Sydney, Melbourne, Auckland,
        Toronto, Montreal, Vancouver, Chicago, Boston, Seattle, Houston, Dallas, Austin, Denver, Miami, Atlanta, Phoenix,
        New York, Los Angeles, San Francisco, San Diego, Philadelphia, Detroit, Portland, Lima, Bogota, Santiago, Pittsburgh"""),
    "person": split("""Donald Trump, Barack Obama, Hillary Clinton, Angela Merkel, Narendra Modi, Vladimir Putin, Nelson Mandela,
        Winston Churchill, Albert Einstein, Isaac Newton, Marie Curie, Charles Darwin, Nikola Tesla, Elon Musk, Bill Gates,
        Steve Jobs, Jeff Bezos, Warren Buffett, Mark Zuckerberg, Oprah Winfrey, Taylor Swift, Beyonce, Michael Jackson, Adele,
        Lionel Messi, Cristiano Ronaldo, Serena Williams, Roger Federer, Michael Jordan, Tom Hanks, Brad Pitt, Emma Watson,
        William Shakespeare, Jane Austen, George Orwell, Leo Tolstoy, Mozart, Beethoven, Napoleon, Julius Caesar, Cleopatra,
        Maria Lopez, John Smith, Aisha Khan, Wei Chen, Priya Nair, Tomasz Nowak, Olga Petrova, Ahmed Hassan, Emily Clark"""),
    "company": split("""Google, Apple, Microsoft, Amazon, Facebook, Twitter, Instagram, Snapchat, WhatsApp, YouTube, Netflix, Spotify,
        Uber, Lyft, Airbnb, Tesla, Toyota, Honda, BMW, Ford, Samsung, Sony, Intel, AMD, Nvidia, IBM, Oracle, SAP, Cisco, Dell, HP,
        Lenovo, Infosys, Accenture, Deloitte, PayPal, Visa, Mastercard, Walmart, Target, Costco, Starbucks, Nike, Adidas, Boeing,
        Airbus, Reddit, LinkedIn, Pinterest, TikTok, Zoom, Slack, Dropbox, Gmail, Outlook, Quora, Wikipedia, Flipkart, Alibaba"""),
    "product": split("""iPhone, iPad, MacBook, Galaxy S8, Pixel, Kindle, Xbox, PlayStation, Nintendo Switch, Chromebook, Surface Pro,
        Apple Watch, AirPods, Echo Dot, Roku, GoPro, Fitbit, Roomba, Model 3, Corolla, Civic, Photoshop, Excel, Word, PowerPoint,
        Outlook, Chrome, Firefox, Safari, Edge, Jira, Trello, Notion, Salesforce, QuickBooks, Shopify"""),
    "proglang": split("""Python, Java, JavaScript, TypeScript, C, C++, C#, Go, Rust, Ruby, PHP, Swift, Kotlin, Scala, Perl, R, Julia,
        Haskell, MATLAB, Lua, Dart, Elixir, SQL, Bash, PowerShell"""),
    "framework": split("""React, Angular, Vue, Django, Flask, FastAPI, Rails, Laravel, Spring, Express, Next.js, Svelte, TensorFlow,
        PyTorch, Keras, scikit-learn, pandas, NumPy, Spark, Hadoop, Kafka, RabbitMQ, Redis, MongoDB, PostgreSQL, MySQL, SQLite,
        Oracle, Docker, Kubernetes, Terraform, Ansible, Jenkins, GitHub, GitLab, AWS, Azure, Heroku"""),
    "os": split("Windows, Windows 10, Windows 7, macOS, Linux, Ubuntu, Debian, Fedora, Android, iOS, Chrome OS, CentOS"),
    "language": split("""English, French, German, Spanish, Italian, Portuguese, Dutch, Swedish, Russian, Polish, Turkish, Arabic, Hebrew,
        Hindi, Urdu, Tamil, Bengali, Chinese, Mandarin, Japanese, Korean, Thai, Vietnamese, Indonesian, Greek, Latin, Swahili"""),
    "nationality": split("""American, British, Canadian, Australian, Indian, Pakistani, Chinese, Japanese, Korean, German, French, Italian,
        Spanish, Russian, Mexican, Brazilian, Nigerian, Egyptian, Turkish, Irish, Dutch, Greek, African, European, Asian"""),
    "month": split("January, February, March, April, May, June, July, August, September, October, November, December"),
    "weekday": split("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday"),
    "relative_day": split("today, tomorrow, yesterday, tonight, this week, next week, last week, this month, next month, last month, this year, next year, last year"),
    "season": split("spring, summer, autumn, winter, fall semester, spring semester"),
    "currency": split("dollars, euros, pounds, yen, rupees, francs, pesos, rubles, yuan, won, USD, EUR, GBP, INR, JPY"),
    "unit_length": split("miles, kilometers, meters, feet, inches, centimeters, yards, millimeters, km, cm"),
    "unit_mass": split("kilograms, pounds, grams, ounces, kg, tons, stone, milligrams"),
    "unit_time": split("seconds, minutes, hours, days, weeks, months, years, decades"),
    "unit_volume": split("liters, gallons, cups, milliliters, pints, quarts, tablespoons, teaspoons"),
    "unit_data": split("KB, MB, GB, TB, megabytes, gigabytes, terabytes, Mbps, Gbps"),
    "unit_temperature": split("Celsius, Fahrenheit, Kelvin"),
    "animal": split("dog, cat, horse, cow, rabbit, hamster, parrot, goldfish, tiger, lion, elephant, whale, shark, snake, spider, wolf, fox, bear, monkey, chicken"),
    "food": split("rice, pasta, chicken, beef, salmon, tofu, eggs, cheese, bread, pizza, soup, lentils, potatoes, beans, mushrooms, coffee, tea, wine, beer, milk, chocolate, honey, garlic"),
    "body_part": split("knee, shoulder, back, neck, ankle, wrist, elbow, hip, eye, ear, nose, throat, stomach, liver, kidney, heart, foot, tooth, skin, scalp"),
    "school_subject": split("maths, physics, chemistry, biology, history, geography, economics, literature, philosophy, psychology, computer science, statistics, law, medicine, accounting, mechanical engineering, civil engineering, electrical engineering"),
    "colour": split("red, blue, green, yellow, black, white, orange, purple, pink, brown, grey"),
    "direction": split("north, south, east, west, left, right, up, down"),
    "religion": split("Christianity, Islam, Hinduism, Buddhism, Judaism, Sikhism"),
    "sport": split("football, cricket, tennis, basketball, baseball, hockey, rugby, golf, swimming, volleyball, badminton, boxing"),
    "job": split("teacher, nurse, doctor, lawyer, accountant, engineer, designer, developer, plumber, electrician, manager, analyst, pilot, chef"),
    "exam": split("SAT, GRE, GMAT, IELTS, TOEFL, GATE, UPSC, JEE, NEET, CAT, MCAT, LSAT, bar exam, CPA exam"),
    "ordinal": split("first, second, third, fourth, fifth, sixth, tenth, last"),
    "file_type": split("PDF, CSV, JSON, XML, YAML, PNG, JPEG, MP3, MP4, Excel, Word, HTML, Markdown, ZIP"),
}
# Kinds whose members are also written in lower case by people in a hurry.
NAMES = ["country", "city", "person", "company", "product", "proglang", "framework", "os", "language", "nationality", "religion", "exam", "file_type"]
ENTITY_KINDS = NAMES + ["animal", "food", "body_part", "school_subject", "colour", "direction", "sport", "job"]
UNIT_KINDS = ["currency", "unit_length", "unit_mass", "unit_time", "unit_volume", "unit_data", "unit_temperature"]
DATE_KINDS = ["month", "weekday", "relative_day", "season"]

ANTONYMS = [pair.split("/") for pair in split("""
    increase/decrease, increases/decreases, increasing/decreasing, best/worst, good/bad, better/worse, more/less, most/least, more/fewer,
    high/low, higher/lower, highest/lowest, large/small, larger/smaller, largest/smallest, big/small, biggest/smallest, long/short,
    longer/shorter, longest/shortest, fast/slow, faster/slower, fastest/slowest, quickly/slowly, early/late, earliest/latest, old/new,
    older/newer, oldest/newest, oldest/youngest, cheap/expensive, cheapest/most expensive, cheaper/more expensive, easy/hard, easier/harder, easiest/hardest,
    simple/complex, safe/dangerous, legal/illegal, possible/impossible, healthy/unhealthy, hot/cold, hottest/coldest, warm/cool, wet/dry,
    gain/lose, gaining/losing, buy/sell, buying/selling, bought/sold, borrow/lend, send/receive, sending/receiving, import/export, importing/exporting,
    upload/download, uploading/downloading, enable/disable, enabling/disabling, enabled/disabled, install/uninstall, lock/unlock, open/close, opening/closing,
    opened/closed, start/stop, starting/stopping, begin/end, turn on/turn off, switch on/switch off, add/remove, adding/removing, insert/delete, create/delete, creating/deleting,
    show/hide, allow/block, accept/reject, approve/deny, encrypt/decrypt, encode/decode, compress/decompress, connect/disconnect, subscribe/unsubscribe,
    follow/unfollow, push/pull, win/lose, won/lost, love/hate, loves/hates, like/dislike, support/oppose, agree/disagree, arrive/depart, arrival/departure,
    arriving/departing, deposit/withdraw, deposit/withdrawal, credit/debit, inside/outside, indoor/outdoor, above/below, over/under, before/after,
    with/without, maximum/minimum, max/min, maximize/minimize, majority/minority, ascending/descending, positive/negative, advantage/disadvantage,
    advantages/disadvantages, pros/cons, strengths/weaknesses, male/female, man/woman, men/women, boy/girl, boys/girls, husband/wife, father/mother,
    son/daughter, brother/sister, public/private, internal/external, input/output, parent/child, buyer/seller, teacher/student, employer/employee,
    strong/weak, stronger/weaker, heavy/light, thick/thin, wide/narrow, deep/shallow, full/empty, rich/poor, true/false, right/wrong, success/failure,
    succeed/fail, accepted/rejected, freeze/thaw, melt/freeze, heating/cooling, grow/shrink, expand/contract, raise/lower, rise/fall, rising/falling,
    strengthen/weaken, tighten/loosen, attack/defend, attract/repel, include/exclude, including/excluding, permanent/temporary, mandatory/optional, required/optional,
    domestic/international, online/offline, synchronous/asynchronous, static/dynamic, remote/on-site, full-time/part-time, vegan/non-vegan, sunrise/sunset,
    morning/evening, day/night, summer/winter, past/future, previous/next, first/last, top/bottom, front/back, upper/lower, left/right, north/south, east/west,
    encourage/discourage, prevent/cause, cure/cause, avoid/seek, hire/fire, promote/demote, save/waste, earn/spend, upgrade/downgrade, import/export, acquire/sell, merge/split""")]

SYNONYMS = [group.split("/") for group in split("""
    buy/purchase, get/obtain, begin/start, stop/quit, help/assist, fix/repair, large/big, small/little, quick/fast, quickly/fast, car/automobile, phone/telephone,
    mobile phone/cell phone, movie/film, movies/films, picture/photo, pictures/photos, doctor/physician, job/occupation, kids/children, kid/child, mom/mother, dad/father,
    difference/distinction, method/technique, way/method, ways/methods, error/mistake, problem/issue, problems/issues, begin/commence, finish/complete, choose/select, pick/choose,
    show/display, delete/erase, remove/delete, keep/retain, need/require, needed/required, allow/permit, allowed/permitted, use/utilize, make/create, build/construct, explain/describe,
    reply/respond, ask/inquire, buy/get, sick/ill, happy/glad, sad/unhappy, smart/intelligent, rich/wealthy, famous/well-known, important/significant, hard/difficult, easy/simple,
    cheap/inexpensive, begin/get started, wrong/incorrect, right/correct, enough/sufficient, also/too, maybe/perhaps, about/regarding, approximately/about, often/frequently,
    rarely/seldom, whole/entire, main/primary, advantages/benefits, drawbacks/disadvantages, salary/pay, shop/store, apartment/flat, vacation/holiday, trip/journey, lawyer/attorney,
    password/passcode, website/site, app/application, apps/applications, laptop/notebook, reset/restore, cancel/call off, postpone/delay, refund/money back, bill/invoice,
    shipping/delivery, ship/deliver, return/send back, contact/reach, talk to/speak with, find/locate, look for/search for, search/look up, begin/initiate, end/conclude,
    learn/study, teach/instruct, answer/response, question/query, best/top, greatest/best, most popular/most common, called/named, happen/occur, happens/occurs, due to/because of,
    reduce/decrease, raise/increase, grow/increase, lose weight/slim down, get rid of/remove, set up/configure, turn on/switch on, turn off/switch off, throw away/discard,
    physician/doctor, university/college, test/exam, tests/exams, exam/examination, kilogram/kg, kilometers/km, minutes/mins, hours/hrs, versus/vs, et cetera/etc, okay/ok,
    information/info, advertisement/ad, advertisements/ads, refrigerator/fridge, photograph/photo, television/TV, airplane/plane, mathematics/maths, documents/docs, repository/repo,
    configuration/config, database/DB, directory/folder, argument/parameter, function/method, execute/run, terminate/kill, retrieve/fetch, convert/transform, combine/merge, verify/check""")]

SPELLINGS = [pair.split("/") for pair in split("""colour/color, favourite/favorite, organise/organize, organisation/organization, realise/realize, analyse/analyze, centre/center,
    theatre/theater, metre/meter, litre/liter, travelling/traveling, cancelled/canceled, licence/license, defence/defense, grey/gray, behaviour/behavior, neighbour/neighbor,
    catalogue/catalog, programme/program, cheque/check, tyre/tire, email/e-mail, login/log in, website/web site, healthcare/health care, online/on-line, Wi-Fi/wifi, visualise/visualize,
    summarise/summarize, optimise/optimize, customise/customize, apologise/apologize, recognise/recognize, labour/labor, honour/honor, jewellery/jewelry, ageing/aging, mum/mom, maths/math""")]

CONTRACTIONS = [pair.split("/") for pair in split("""what's/what is, how's/how is, where's/where is, who's/who is, that's/that is, it's/it is, there's/there is, here's/here is, when's/when is,
    I'm/I am, I've/I have, I'd/I would, I'll/I will, you're/you are, you've/you have, they're/they are, we're/we are, we've/we have, don't/do not, doesn't/does not, didn't/did not,
    can't/cannot, couldn't/could not, won't/will not, wouldn't/would not, shouldn't/should not, isn't/is not, aren't/are not, wasn't/was not, weren't/were not, haven't/have not,
    hasn't/has not, hadn't/had not, let's/let us, what're/what are""")]

# Groups of openings that ask for the same thing.
FRAMES = [
    ["how do I", "how can I", "how to", "how do you", "what is the way to", "what's the best way to", "how would I", "how does one", "how might I", "what should I do to", "can you tell me how to", "please explain how to", "steps to", "in what way can I", "I'd like to know how to", "show me how to", "i want to", "help me", "what do I need to do to", "is there a way to"],
    ["what is", "what's", "can you tell me what is", "tell me what", "do you know what is", "could you explain what is", "I want to know what is", "explain", "define", "what exactly is", "give me info on", "tell me about"],
    ["what are", "can you list", "list", "name", "tell me", "which are", "give me", "could you tell me what are", "what would be"],
    ["which is the best", "what is the best", "what's the best", "which one is the best", "recommend the best", "what would be the best"],
    ["why is", "what is the reason that", "how come", "what makes"],
    ["where can I", "where do I", "what place can I", "in which place can I", "where would I"],
    ["who is", "who's", "tell me who is", "can you tell me who is", "do you know who is"],
    ["when did", "at what time did", "in which year did", "on what date did"],
    ["is it possible to", "can I", "can you", "am I able to", "is there any way to"],
    ["should I", "is it a good idea to", "would you recommend to", "is it worth it to"],
    ["how much does", "what does"], ["what time", "when"], ["do I need to", "must I", "do I have to", "is it necessary to"],
]

BEFORE = split("""please, hi, hello, hey, hi there, good morning, good afternoon, hello everyone, dear team, dear support, excuse me, sorry to bother you but, quick question:,
    just wondering, I was wondering, could you please tell me, can you help me with this:, can someone tell me, I have a question:, one question -, hey bot, ok so, so, well, um, uh,
    please tell me, kindly advise, need help:, help please:, just curious, out of curiosity, I'd like to know, I would like to ask, maybe you know:, does anybody know, tell me, yo,
    hey quick one, another question:, thanks in advance, if you don't mind, pls, plz, hope you are well!, I need to know, my question is:, asking for a friend:, btw, by the way, also""")
AFTER = split("""please, thanks, thank you, thanks!, thank you in advance, thx, many thanks, please help, please let me know, any ideas?, any help is appreciated, cheers, appreciate it, pls, plz,
    kind regards, can you help?, just curious, asap, if you know, I appreciate your help, best wishes, that would be great, any idea?, please and thank you, :), lol, do you know?""")
WRAPPERS = ["Answer the following question: {}", "Question: {}\nAnswer:", "Q: {}\nA:", "\"{}\"", "'{}'", "User: {}", "User question: {}", "Please answer this question: {}", "<question>{}</question>",
    "Here is my question: {}", "The question is as follows. {}", "I have the following query: {}", "### Question\n{}", "Respond to the user's question below.\n\n{}", "query: {}", "{} (question)", "[{}]",
    "Customer: {}", "The user asks: {}", "Provide an answer to: {}", "Please help with the following:\n{}", "prompt: {}", "**{}**", "> {}", "`{}`", "Human: {}\n\nAssistant:", "You are asked: {}"]
FILLERS = split("um, uh, like, you know, actually, basically, really, just, I mean, well, so, sort of, kind of, honestly, er, hmm, literally, anyway")

FORMATS = ["Answer in one sentence.", "Reply in JSON.", "Return the result as a JSON object.", "Use bullet points.", "as a table", "Explain it like I'm five.", "Respond in French.", "Answer in Spanish.", "in German please",
    "Give me only the number.", "Answer yes or no.", "in under 50 words", "in at most 100 words", "Write at least 500 words.", "Step by step.", "Give a detailed explanation.", "Keep it short.", "Be very brief.",
    "Output only the code.", "with code examples", "without any code", "Give me three examples.", "as a numbered list", "in Markdown", "in plain text", "as a poem", "in the style of Shakespeare", "with sources",
    "Include references.", "for a ten year old", "for an expert audience", "as CSV", "as YAML", "as an email", "in a formal tone", "in a funny way", "Use simple English.", "no more than two sentences", "as an SQL query",
    "Answer with a single word.", "in all caps", "Translate your answer into Hindi.", "Show your reasoning.", "Do not show your reasoning.", "as a tweet", "Summarise in three bullet points.", "as XML", "as a comparison table"]
CONSTRAINTS = split("""for free, for beginners, for kids, for adults, for women, for men, for seniors, on Windows, on a Mac, on Linux, on Android, on an iPhone, in India, in Europe, in the UK, in California, in Germany, near me,
    at home, at night, in winter, in summer, without a car, without money, without a degree, without an account, without internet, with no experience, with a baby, with a dog, using Excel, using Python, with JavaScript,
    in 2015, in 2020, in 2008, before 1990, after 2000, since 2010, during the war, during pregnancy, as a student, as a freelancer, if I am vegan, if I am under 18, if it rains, under $50, under 1000 dollars, over 65,
    in less than an hour, in two weeks, by tomorrow, by email, by phone, on weekends, on Sundays, except Mondays, in the morning, for a small business, for a large company, at work, at school, from abroad, from my phone,
    without a password, via the API, from the command line, in production, with Docker, in one line, without a library, in O(1) space, in the free plan, for premium members, for new customers, for two people, on a budget, again, for the second time""")
SCOPES = [group.split("/") for group in split("all/some, all/any, every/any, always/sometimes, always/never, only/also, first/last, first/second, at least/at most, more than/less than, over/under, up to/at least, both/either, all/most, each/only one, minimum/maximum, except/including, everyone/someone, often/rarely, must/may, can/must, should/must, will/would, is/was, are/were, do/did, does/did, has/had, has/will have, is/will be, can/could not, entire/partial, top/bottom, average/total, total/maximum, median/mean, oldest/newest, current/former, current/next, weekly/monthly, daily/weekly, monthly/yearly, annual/monthly, single/married, adult/child, individual/company, one-way/return, gross/net, before/after, before/during, until/since, by/from, through/except")]
QUESTION_WORDS = ["who", "when", "where", "why", "how"]
PREFIXES = ["You are a helpful assistant for our customers. Use only the documents below, cite them, and say so when they do not contain the answer.",
    "System: you are an expert in this field. Think carefully and answer truthfully.", "Context: the handbook of our company, edition 4, chapter on general rules. Employees must follow the rules at all times.",
    "The following is a conversation between a customer and a support agent. The agent is friendly, precise and never makes things up.", "Below is an instruction that describes a task. Write a response that completes the request.",
    "You are ChatBot, version 2. Follow the instructions of the user. Use markdown where it helps the reader.", "Use the retrieved passages to answer. Passage 1: Our offices are open from nine to five. Passage 2: Parcels leave the warehouse twice a day.",
    "I am working on a project for school and I have already read the textbook twice. I still do not get one thing."]
