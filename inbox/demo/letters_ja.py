"""What is written in the demo, in Japanese."""

from inbox.demo.letters import Script, Turn

SCRIPTS = (
    Script(
        "お見積書送付の件({n}席)",
        (
            Turn(
                "us",
                "{them} 様\n\n"
                "お世話になっております。クモワークスの{us}です。\n{n}席分のお見積書を添付いたします。"
                "初期設定と2時間の研修が含まれております。\n\n"
                "ご確認のほど、よろしくお願いいたします。\n\n{us}",
                file="offer_ja",
            ),
            Turn(
                "them",
                "{us} 様\n\nお世話になっております。{them}です。\nお見積書を拝受いたしました。"
                "金額は全拠点分という理解でよろしいでしょうか。\n\n{them}",
            ),
            Turn(
                "us",
                "{them} 様\n\n"
                "はい、全拠点分の金額でございます。ご利用席数のみで計算しております。\n\n{us}",
            ),
            Turn(
                "them",
                "{us} 様\n\n"
                "ありがとうございます。社内決裁が下りましたので、注文書を添付いたします。\n"
                "どうぞよろしくお願いいたします。\n\n{them}",
                file="signed_ja",
            ),
        ),
    ),
    Script(
        "トライアルのご利用状況について",
        (
            Turn(
                "us",
                "{them} 様\n\n"
                "トライアル開始から1週間が経ちました。受付の皆様のご様子はいかがでしょうか。\n\n{us}",
            ),
            Turn(
                "them",
                "{us} 様\n\n"
                "おかげさまで、思ったより早く慣れました。\n一つの予約表を二人で見ることはできますか。"
                "\n画面を添付します。\n\n{them}",
                file="screenshot",
            ),
            Turn(
                "us",
                "{them} 様\n\n"
                "「設定」の「予約表」から共有できます。こちらで設定いたしました。\n\n{us}",
            ),
        ),
    ),
    Script(
        "訪問日程のご相談",
        (
            Turn(
                "us",
                "{them} 様\n\n研修の日程ですが、14日(火)の午前はいかがでしょうか。"
                "\n画面のあるお部屋を2時間ほどお借りできれば幸いです。\n\n{us}",
            ),
            Turn("them", "{us} 様\n\n14日の9時からでお願いいたします。\n\n{them}"),
        ),
    ),
    Script(
        "請求書の宛名について",
        (
            Turn(
                "us", "{them} 様\n\n今月分の請求書をお送りいたします。\n\n{us}", file="invoice_ja"
            ),
            Turn(
                "them",
                "{us} 様\n\n"
                "宛名が旧社名になっておりました。お手数ですが再発行をお願いできますでしょうか。\n\n{them}",
            ),
            Turn(
                "us",
                "{them} 様\n\n大変失礼いたしました。再発行いたします。\n\n{us}",
                file="invoice_again_ja",
            ),
            Turn("them", "{us} 様\n\n受領いたしました。ありがとうございます。\n\n{them}"),
        ),
    ),
    Script(
        "展示会のお礼",
        (
            Turn(
                "us",
                "{them} 様\n\n先日は弊社ブースにお立ち寄りいただき、誠にありがとうございました。"
                "\n30分ほどオンラインで画面をご覧いただけますと幸いです。\n\n{us}",
            ),
        ),
    ),
)

AUTO_REPLY = Script(
    "研修日程変更のお願い",
    (
        Turn("us", "{them} 様\n\n研修を木曜日に変更させていただけますでしょうか。\n\n{us}"),
        Turn(
            "them",
            "本日は休暇をいただいております。月曜日以降にご返信いたします。\n"
            "※このメールは自動送信です。\n\n{them}",
            kind="auto_reply",
        ),
    ),
)
