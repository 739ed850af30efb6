"""Tables of people and companies, made up: first and last names, readings, trades, places. Data."""

# (first name, last name) are combined freely.
FIRST_EN = (
    *("Anna", "Thomas", "Julia", "Peter", "Grace", "Daniel", "Maria", "Oliver", "Claire", "James"),
    *("Sophie", "Martin", "Laura", "Henrik", "Emma", "Victor", "Helen", "Jonas", "Nora", "Simon"),
    *("Isabel", "Marc", "Olivia", "Felix", "Amelia", "Hugo", "Ingrid", "Leo", "Ruth", "Pascal"),
)
LAST_EN = (
    *("Weber", "Brandt", "Hughes", "Moreau", "Lindqvist", "Keller", "Novak", "O'Brien", "Schmidt"),
    *("Rossi", "Jansen", "Becker", "Murray", "Dubois", "Larsen", "Fischer", "Ward", "Costa"),
    *("Hoffmann", "Bailey", "Vogel", "Petit", "Nilsson", "Graham", "Meyer", "Santos", "Clarke"),
    *("Berger", "Holm", "Fontaine"),
)
# (as written, its reading, as it stands in an address)
FIRST_JA = (
    *(("由紀", "ゆき", "yuki"), ("健太", "けんた", "kenta"), ("美咲", "みさき", "misaki")),
    *(("大輔", "だいすけ", "daisuke"), ("恵子", "けいこ", "keiko"), ("翔", "しょう", "sho")),
    *(("直子", "なおこ", "naoko"), ("浩", "ひろし", "hiroshi"), ("彩", "あや", "aya")),
    *(("拓也", "たくや", "takuya"), ("真理", "まり", "mari"), ("誠", "まこと", "makoto")),
    *(("さくら", "さくら", "sakura"), ("修", "おさむ", "osamu"), ("千尋", "ちひろ", "chihiro")),
    *(("亮", "りょう", "ryo"), ("麻衣", "まい", "mai"), ("隆", "たかし", "takashi")),
)
LAST_JA = (
    *(("青木", "あおき", "aoki"), ("山田", "やまだ", "yamada"), ("中村", "なかむら", "nakamura")),
    *(("小林", "こばやし", "kobayashi"), ("渡辺", "わたなべ", "watanabe")),
    *(
        ("伊藤", "いとう", "ito"),
        ("松本", "まつもと", "matsumoto"),
        ("高橋", "たかはし", "takahashi"),
    ),
    *(("木村", "きむら", "kimura"), ("斎藤", "さいとう", "saito"), ("清水", "しみず", "shimizu")),
    *(
        ("林", "はやし", "hayashi"),
        ("橋本", "はしもと", "hashimoto"),
        ("石川", "いしかわ", "ishikawa"),
    ),
    *(
        ("岡田", "おかだ", "okada"),
        ("長谷川", "はせがわ", "hasegawa"),
        ("村上", "むらかみ", "murakami"),
    ),
    *(
        ("近藤", "こんどう", "kondo"),
        ("藤田", "ふじた", "fujita"),
        ("西村", "にしむら", "nishimura"),
    ),
)
JOBS_EN = (
    *("Head of purchasing", "Practice manager", "Managing director", "Operations manager"),
    *("Office manager", "Head of IT", "Owner", "Front desk lead", "Project manager", "CFO"),
)
JOBS_JA = (
    *(
        "購買部 部長",
        "総務部 課長",
        "代表取締役",
        "情報システム部 主任",
        "営業企画部",
        "店長",
        "院長",
    ),
    *("経営企画室 室長", "事務長"),
)
# (name, what stands in its domain); the first ones of a database
COMPANIES_EN = (
    *(("Weber & Söhne", "weber-soehne"), ("Nordlicht Praxis", "nordlicht")),
    *(("Harbour Dental", "harbour-dental"), ("Atelier Moreau", "atelier-moreau")),
    *(("Lindqvist Fysio", "lindqvist"), ("Millbrook Veterinary", "millbrook-vets")),
    *(("Keller Optik", "keller-optik"), ("The Copper Kettle", "copperkettle")),
)
COMPANIES_JA = (
    *(("青木商店", "aoki-shoten"), ("みなと歯科クリニック", "minato-dental")),
    *(("株式会社山田製作所", "yamada-works"), ("鎌倉工房", "kamakura-kobo")),
    *(("はるかぜ整骨院", "harukaze"), ("中村動物病院", "nakamura-vets")),
    *(("株式会社サンライズ眼鏡", "sunrise-optical"), ("喫茶 つむぎ", "tsumugi")),
)
# further ones are combined: place and trade
PLACES_EN = (
    *("Riverside", "Oakfield", "Northgate", "Elm Street", "Bellevue", "Kingsway", "Lakeside"),
    *("Old Town", "Hillcrest", "Seaview", "Stonebridge", "Greenfield", "Westport", "Ashby"),
)
TRADES_EN = (
    *("Dental", "Physio", "Opticians", "Veterinary", "Workshop", "Cookery School", "Garage"),
    *("Music School", "Pottery", "Barbers", "Climbing Hall", "Language School"),
)
PLACES_JA = (
    *(("銀座", "ginza"), ("横浜", "yokohama"), ("京都", "kyoto"), ("神戸", "kobe")),
    *(("札幌", "sapporo"), ("福岡", "fukuoka"), ("名古屋", "nagoya"), ("仙台", "sendai")),
    *(("金沢", "kanazawa"), ("広島", "hiroshima"), ("奈良", "nara"), ("松山", "matsuyama")),
)
TRADES_JA = (
    *(("歯科医院", "dental"), ("整骨院", "seikotsu"), ("眼鏡店", "optical"), ("動物病院", "vets")),
    *(
        ("料理教室", "cooking"),
        ("音楽院", "music"),
        ("陶芸工房", "pottery"),
        ("自動車整備", "garage"),
    ),
    *(("語学学院", "gogaku"), ("美容室", "salon")),
)
DEALS_EN = (
    *("Booking for {n} branches", "Online calendar, {n} seats", "Reminders by text message"),
    *("Renewal, {n} seats", "Move from paper to Kumo", "Waiting list and payments"),
)
DEALS_JA = (
    *("予約システム導入({n}拠点)", "オンライン予約 {n}席", "リマインダー配信", "契約更新 {n}席"),
    *("紙台帳からの移行", "順番待ち・決済オプション"),
)
LOST_EN = ("They stay with their present system", "No budget this year", "No answer")
LOST_JA = ("他社製品に決定", "今期の予算なし", "連絡が途絶えた")
NOTES_EN = (
    "Spoke on the phone: they open a second branch in spring and want both in one calendar.",
    "Prefers mail to phone. Decides together with purchasing.",
    "Met at the trade fair in Cologne. Uses a paper book today, the front desk wants to keep it.",
    "Asked for the data processing agreement before anything else.",
    "Very happy with the trial. Wants text reminders before the summer.",
)
NOTES_JA = (
    "電話にて。来春に2店舗目を開院予定。予約は一つの画面で管理したいとのこと。",
    "決裁は院長。見積りは税込みで出すこと。",
    "展示会で名刺交換。現在は紙の台帳を使用中。",
    "トライアルの評価は良好。夏までにリマインダーを使い始めたい。",
    "請求書は月末締め、翌月末払い。",
)
TASKS_EN = (
    *("Send the offer", "Call back about the start date", "Prepare the demo", "Ask for the logo"),
    *("Check the contract", "Invite to the training", "Send the data processing agreement"),
)
TASKS_JA = ("見積書を送る", "導入日程の確認電話", "デモの準備", "契約書の確認", "研修の案内を送る")
