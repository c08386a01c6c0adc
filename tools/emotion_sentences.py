"""Sentences that teach the text door; written for this purpose, none of them from benchmarks/descriptions."""

from __future__ import annotations

from pathlib import Path
from typing import Final

SITUATIONS: Final = Path(__file__).with_name("emotion_situations.txt")

SENTENCES: Final[dict[str, tuple[str, ...]]] = {
    "angry": (
        "he shouts at his neighbour over the fence", "she glares at the thief", "a man shaking his fist",
        "stop it right now", "I told you a hundred times not to touch that", "who broke my window",
        "he kicked the door open", "her brows are lowered and her eyes are hard", "lips tight, teeth clenched",
        "they stole my money and laughed about it", "a drill sergeant barking orders", "you betrayed me",
        "she tears up the contract in front of the lawyer",
        "the landlord raised the rent once more and he is shouting",
        "a driver leaning on the horn and cursing", "this is outrageous", "he is looking for a fight",
        "a mother scolding her children for the third time", "I am going to make him pay for this",
        "the player throws his racket on the ground", "flared nostrils and a red face",
        "he slams his hand on the table",
        "do not ever speak to me again", "two men arguing about a parking space",
        "the queue has not moved for an hour",
        "somebody scratched her new bike", "he has been treated unfairly and demands justice", "shut up and leave",
        "she is losing her patience with the clerk", "a villain threatening the hero",
        "revenge is all he can think of",
    ),
    "contempt": (
        "he looks down his nose at them", "she smirks at the clumsy attempt",
        "one corner of the lip is tightened and raised",
        "a sneer for the losers", "you are not even worth my time", "the aristocrat laughs at the peasants",
        "a cynical smile on one side of the face", "rolling her eyes at his stupid idea", "what a joke of a company",
        "the snob comments on the cheap wine", "I knew you would not understand, it is too hard for you",
        "he considers himself better than all of them", "a dismissive wave and a crooked smile",
        "how very provincial",
        "she mocks the way he speaks", "amateurs, all of them", "the senior partner belittling an intern",
        "he scoffs at the offer", "a disdainful glance at the beggar",
        "as if I would ever work for someone like him",
        "she finds his bragging ridiculous", "the general despises the coward", "you poor little fool",
        "they are inferior and he lets them feel it", "a slow sarcastic clap", "is that really the best you can do",
        "he lifts one eyebrow and smiles thinly at the poor argument", "an arrogant prince bored by his subjects",
        "she pities their bad taste", "smug after proving them wrong", "unilateral smile, eyelids a little lowered",
    ),
    "disgust": (
        "he smells rotten eggs", "she steps in dog mess", "the meat is full of maggots",
        "wrinkled nose and raised upper lip",
        "this tastes awful, like sweat", "a slimy slug on the salad", "he almost throws up",
        "the toilet is overflowing",
        "take that stinking thing away from me", "she saw someone vomit on the train",
        "a mouldy sandwich in the bag",
        "ew, do not touch that", "the sewer has burst and the street stinks", "cleaning up after a sick cat",
        "a spider in his drink and he pushes it away", "the food is swimming in old fat",
        "a filthy kitchen with dirty dishes everywhere",
        "the thought of eating insects turns his stomach", "she pulls her hand away from the sticky seat",
        "somebody spat on the floor", "the stench of a corpse", "he chews on gristle", "he sees lice in the bed",
        "a mouth twisted as from something foul", "she is repelled by his greasy hair",
        "pus and blood on the bandage",
        "the cruelty of it makes me sick", "he finds the perverse story revolting", "bad breath right in her face",
        "sour milk in the coffee", "garbage left in the sun for a week",
    ),
    "fear": (
        "she hears a noise in the dark", "he is being followed", "the ship is sinking", "a burglar is in the house",
        "a snake right in front of his feet", "she begs for her life", "the brakes do not work",
        "eyes wide, brows up and together, mouth stretched",
        "he is trapped in a burning building", "do not go in there, something is wrong",
        "an exam tomorrow and he has not studied",
        "afraid of the dentist", "the dog growls and shows its teeth and the boy backs away",
        "a soldier under fire for the first time",
        "she trembles and cannot speak", "he is lost in the woods at night",
        "the doctor looks grave and she expects bad news",
        "help, somebody help me", "run, they are coming", "a climber whose rope is about to snap",
        "she has a bad feeling about this place",
        "her hands shake before going on stage", "he has seen a ghost", "the ground shakes and the walls crack",
        "a child alone in a thunderstorm", "the knife is coming closer", "worried sick about the missing child",
        "he dreads the interview", "the shark circles the boat", "she is cornered and has nowhere to go",
        "someone is watching me through the window",
    ),
    "happy": (
        "she won first prize", "they are getting married today", "the children play and laugh in the garden",
        "good news from the hospital, mother and baby are well",
        "he is in love", "best day of my life", "a smile with raised cheeks and narrowed eyes",
        "old friends meeting again after years",
        "she passed the exam", "hooray, it worked", "a comedian enjoying the applause",
        "the sun is out and the coffee is good",
        "a little girl unwrapping the present she wished for", "thank you so much, this is wonderful",
        "he is proud of his son",
        "a singer beaming at the crowd", "they hug and jump for joy", "congratulations on your success",
        "he tells a funny story and laughs",
        "she is playful and teasing with a wink", "an excited host opening the show",
        "sunshine and ice cream at the beach",
        "she got promoted", "he scored the winning goal", "at last the holidays begin",
        "a kind and friendly greeting",
        "his wish came true", "a cosy evening with the people she loves", "a bride dancing at her wedding",
        "smiling from ear to ear", "what a lovely surprise party",
    ),
    "sad": (
        "she lost her mother", "he is crying alone in his room", "they broke up after ten years",
        "a tear runs down her cheek",
        "the funeral of a friend", "mouth corners down and the inner ends of the brows raised",
        "he misses his home and his family", "nobody calls him any more",
        "she failed and feels worthless", "I am so sorry for your loss",
        "an orphan looking out of the window in the rain",
        "the old dog had to be put to sleep", "he gave up all hope",
        "she remembers the days when they were happy together",
        "her eyes are red from weeping", "he was fired after thirty years", "a farewell at the station",
        "everything feels empty and grey",
        "the little boy broke his favourite toy", "she sighs and looks at the floor",
        "he did not get to say goodbye", "lonely at christmas",
        "a soldier's widow receiving the flag", "tired of life", "she tries not to cry",
        "he regrets what he did to her",
        "the crops died and the farmer buries his face in his hands", "the patient did not survive",
        "a quiet lament",
        "disappointed because the trip was cancelled", "the abandoned puppy whimpers",
    ),
    "surprise": (
        "suddenly the door flies open", "I did not expect to see you here", "raised brows, wide eyes, dropped jaw",
        "what on earth is that",
        "she finds a thousand dollars in her coat", "a surprise party", "the rabbit has vanished from the hat",
        "really? you are joking",
        "he hears that he has a twin brother", "the score turned round in the last second", "nobody saw that coming",
        "she gasps at the news",
        "is this true? I had no idea", "he discovers a hidden room behind the shelf",
        "an unexpected visitor at midnight", "the cat just talked",
        "oh, you cut your hair", "she stares with an open mouth at the price", "the box was empty",
        "he won the lottery and cannot believe it",
        "huh, how did that get here", "a sudden loud noise", "the test says twins",
        "an astonishing discovery in the laboratory",
        "they announced a completely different winner", "she is amazed by the trick",
        "wow, look at the size of that",
        "the shy boy turned out to be a world champion", "he does a double take", "when did this happen",
        "the ending of the film took everyone by surprise",
    ),
    "neutral": (
        "a calm face", "a man reading a list", "she explains the timetable", "nothing in the face moves",
        "the operator repeats the number",
        "a resting face looking at the camera", "the secretary writes down the date", "please press one for english",
        "he reads the instructions aloud",
        "a plain statement of facts", "the lecturer describes the method", "an identity card picture",
        "he is waiting without any feeling",
        "she types a report", "turn left after two hundred metres", "a relaxed, closed mouth and level brows",
        "a poker player hiding his hand",
        "the clerk stamps a form", "it is ten o'clock", "a mannequin", "the accountant goes through the figures",
        "he is neither glad nor sad",
        "standard documentary narration", "the guard looks straight ahead",
        "she gives her opinion in a matter of fact way",
        "a person listening politely", "the recipe needs two eggs and some flour",
        "a routine check of the equipment",
        "an unremarkable weekday", "he says the alphabet", "the machine is now ready for use",
    ),
}  # fmt: skip
"""Emotion or neutral -> sentences, about thirty each."""

FRAMES: Final = (
    "{}", "a {} face", "she looks {}", "he is {}", "{} expression", "feeling {}", "with a {} voice",
    "the speaker sounds {}",
)  # fmt: skip
"""What a word of the lexicon is put into."""

DEGREES: Final[dict[str, float]] = {
    "slightly": 0.45, "a little": 0.5, "somewhat": 0.6, "very": 1.4, "extremely": 1.7, "utterly": 1.7,
}  # fmt: skip
"""Adverbs put before words, with the gain that they teach."""

NEGATED: Final = ("not {}", "not {} at all", "he does not look {}", "she is never {}")
"""Frames that turn a word off."""


def read_sentences() -> list[tuple[str, str, str]]:
    """Text, emotion or neutral, and theme of every sentence: those above have none, and `emotion_situations.txt`."""
    rows = [(text, emotion, "") for emotion, texts in SENTENCES.items() for text in texts]
    theme = ""
    for line in SITUATIONS.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            theme = line.strip("[]")
        elif line and not line.startswith("#"):
            emotion, _, texts = line.partition(": ")
            rows += [(text.strip(), emotion, theme) for text in texts.split(" | ")]
    return rows
