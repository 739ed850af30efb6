"""What is written in the demo, in English."""

from inbox.demo.letters import Script, Turn

SCRIPTS = (
    Script(
        "Offer for {n} seats",
        (
            Turn(
                "us",
                "Hello {them},\n\nas promised, here is our offer for {n} seats. It includes the"
                " set-up and two hours of training.\n\nBest regards,\n{us}\nKumo Works",
                file="offer",
            ),
            Turn(
                "them",
                "Hello {us},\n\nthank you. Is the price per branch or for all of them?\n\n{them}",
            ),
            Turn(
                "us",
                "Hello {them},\n\nit is for all branches together: you pay by seat.\n\n{us}",
            ),
            Turn(
                "them",
                "Perfect, that makes it easy. I have signed it, see the attachment.\n\n{them}",
                file="signed",
            ),
        ),
    ),
    Script(
        "Your trial of Kumo Booking",
        (
            Turn(
                "us",
                "Hello {them},\n\nyour trial has been running for a week. How is the front desk"
                " getting on with it?\n\n{us}",
            ),
            Turn(
                "them",
                "Hi {us},\n\nbetter than I thought! One thing: can two people share one calendar?"
                "\nThis is what we see today:\n\n{them}",
                file="screenshot",
            ),
            Turn(
                "us",
                "Hi {them},\n\nyes: Settings, Calendars, Share. I have switched it on for you.\n\n"
                "{us}",
            ),
        ),
    ),
    Script(
        "Appointment on site",
        (
            Turn(
                "us",
                "Dear {them},\n\nwould Tuesday the 14th suit you for the training? We need a room"
                " with a screen and about two hours.\n\nKind regards,\n{us}",
            ),
            Turn("them", "Dear {us},\n\nTuesday is fine, from nine.\n\nRegards,\n{them}"),
        ),
    ),
    Script(
        "Question about the invoice",
        (
            Turn(
                "us",
                "Hello {them},\n\nplease find the invoice for the {n} seats attached.\n\n{us}",
                file="invoice",
            ),
            Turn(
                "them",
                "Hello {us},\n\nour address has changed since May. Could you write it again?\n\n"
                "{them}",
            ),
            Turn("us", "Of course, here it is.\n\n{us}", file="invoice_again"),
            Turn("them", "Thank you, it is paid.\n\n{them}"),
        ),
    ),
    Script(
        "Data processing agreement",
        (
            Turn(
                "us",
                "Dear {them},\n\nattached is our data processing agreement. Everything is kept in"
                " one place, on your own server.\n\nBest regards,\n{us}",
                file="agreement",
            ),
            Turn(
                "them",
                "Dear {us},\n\nour lawyer has two remarks, on paragraphs 4 and 7. Can we talk"
                " about them on the phone this week?\n\nRegards\n{them}",
            ),
        ),
    ),
    Script(
        "Nice to meet you in Cologne",
        (
            Turn(
                "us",
                "Hello {them},\n\nit was a pleasure to meet you at the fair. As we said: shall I"
                " show you the calendar in half an hour, by video?\n\n{us}",
            ),
        ),
    ),
)

BOUNCED = Script(
    "The price list you asked for",
    (
        Turn(
            "us", "Dear Mr Brandt,\n\nhere is our price list.\n\n{us}", file="offer", kind="bounced"
        ),
    ),
)
AUTO_REPLY = Script(
    "Training next week",
    (
        Turn("us", "Hello {them},\n\ncan we move the training to Thursday?\n\n{us}"),
        Turn(
            "them",
            "I am out of the office until Monday and read no mail. In urgent cases please call the"
            " front desk.\n\n{them}",
            kind="auto_reply",
        ),
    ),
)
PICTURES = "https://images.example"
IMAGES = Script(
    "Our new opening hours",
    (
        Turn("us", "Hello {them},\n\nwhich opening hours shall I enter for you?\n\n{us}"),
        Turn(
            "them",
            "Hello {us},\n\nplease see our new opening hours below.\n\n{them}",
            html=(
                "<p>Hello {us},</p><p>please see our <b>new opening hours</b> below.</p>"
                f'<p><img src="{PICTURES}/hours.png" width="480" height="160"'
                ' alt="Monday to Friday, 8 to 18"></p><p>{them}</p>'
                '<p><img src="https://track.example/open.gif?id=48213" width="1" height="1"></p>'
            ),
        ),
    ),
)
NEWCOMER = Script(
    "Rollout in the second branch",
    (
        Turn("us", "Hello {them},\n\nwho will look after the second branch?\n\n{us}"),
        Turn("them", "Hello {us},\n\nmy colleague Robin will, I pass your mail on.\n\n{them}"),
        Turn(
            "other",
            "Hello {us},\n\n{them} has asked me to answer you: we would start on the first of the"
            " month, with four people.\n\nRobin Falk",
        ),
    ),
)
