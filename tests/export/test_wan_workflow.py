"""The ComfyUI workflow against the published signatures of the nodes that it uses."""

import json

import pytest

from xtalker.export.wan_workflow import (
    RATE_HZ,
    WanJob,
    check_wan_size,
    positive_prompt,
    prompts,
    wan_frames,
    workflow,
)
from xtalker.values import InputError
from xtalker.values.tracks import EMOTIONS

# Class -> (required inputs, optional inputs, outputs), read in github.com/comfyanonymous/ComfyUI:
# nodes.py @ 01094316 (KSamplerAdvanced, loaders, CLIPTextEncode, VAEDecode, LoadImage), comfy_extras/nodes_video.py
# @ 0413db9d (LoadVideo, GetVideoComponents, CreateVideo, SaveVideo), comfy_extras/nodes_wan.py
# (Wan22FunControlToVideo), comfy_extras/nodes_model_advanced.py (ModelSamplingSD3), comfy_extras/nodes_audio.py
# (LoadAudio). The graph is the one that ComfyUI documents for Wan 2.2 Fun Control
# (docs.comfy.org/tutorials/video/wan/wan2-2-fun-control), without its LoRA shortcut.
NODES: dict[str, tuple[dict[str, str], dict[str, str], tuple[str, ...]]] = {
    "LoadImage": ({"image": "FILE"}, {}, ("IMAGE", "MASK")),
    "LoadVideo": ({"file": "FILE"}, {}, ("VIDEO",)),
    "GetVideoComponents": ({"video": "VIDEO"}, {}, ("IMAGE", "AUDIO", "FLOAT")),
    "LoadAudio": ({"audio": "FILE"}, {}, ("AUDIO",)),
    "CLIPLoader": ({"clip_name": "FILE", "type": "STRING"}, {"device": "STRING"}, ("CLIP",)),
    "VAELoader": ({"vae_name": "FILE"}, {}, ("VAE",)),
    "UNETLoader": ({"unet_name": "FILE", "weight_dtype": "STRING"}, {}, ("MODEL",)),
    "ModelSamplingSD3": ({"model": "MODEL", "shift": "FLOAT"}, {}, ("MODEL",)),
    "CLIPTextEncode": ({"text": "STRING", "clip": "CLIP"}, {}, ("CONDITIONING",)),
    "Wan22FunControlToVideo": (
        {
            "positive": "CONDITIONING", "negative": "CONDITIONING", "vae": "VAE", "width": "INT", "height": "INT",
            "length": "INT", "batch_size": "INT",
        },
        {"ref_image": "IMAGE", "control_video": "IMAGE"},
        ("CONDITIONING", "CONDITIONING", "LATENT"),
    ),
    "KSamplerAdvanced": (
        {
            "model": "MODEL", "add_noise": "SWITCH", "noise_seed": "INT", "steps": "INT", "cfg": "FLOAT",
            "sampler_name": "STRING", "scheduler": "STRING", "positive": "CONDITIONING", "negative": "CONDITIONING",
            "latent_image": "LATENT", "start_at_step": "INT", "end_at_step": "INT",
            "return_with_leftover_noise": "SWITCH",
        },
        {},
        ("LATENT",),
    ),
    "VAEDecode": ({"samples": "LATENT", "vae": "VAE"}, {}, ("IMAGE",)),
    "CreateVideo": ({"images": "IMAGE", "fps": "FLOAT"}, {"audio": "AUDIO"}, ("VIDEO",)),
    "SaveVideo": ({"video": "VIDEO", "filename_prefix": "STRING", "format": "STRING", "codec": "STRING"}, {}, ()),
}  # fmt: skip
PYTHON = {"INT": int, "FLOAT": float, "STRING": str, "FILE": str, "SWITCH": str}


def _job(sound: str | None = "job/sound.wav") -> WanJob:
    return WanJob("job/reference.png", "job/depth.mp4", sound, 832, 480, 81, "yes", "no", seed=7)


@pytest.mark.parametrize("sound", [None, "job/sound.wav"])
def test_every_node_and_wire_is_what_comfyui_takes(sound: str | None) -> None:
    graph = workflow(_job(sound))
    assert json.loads(json.dumps(graph)) == graph
    for node in graph.values():
        required, optional, _ = NODES[node["class_type"]]
        assert required.keys() <= node["inputs"].keys() <= required.keys() | optional.keys(), node["class_type"]
        for name, value in node["inputs"].items():
            kind = (required | optional)[name]
            if kind in PYTHON:
                assert type(value) is PYTHON[kind], (node["class_type"], name)
                assert kind != "SWITCH" or value in ("enable", "disable")
            else:
                source, output = value
                assert NODES[graph[source]["class_type"]][2][output] == kind, (node["class_type"], name)


def test_the_graph_says_what_it_should() -> None:
    graph = workflow(_job())
    by_kind = {node["class_type"]: node["inputs"] for node in graph.values()}
    control = by_kind["Wan22FunControlToVideo"]
    assert (control["width"], control["height"], control["length"]) == (832, 480, 81)
    assert graph[control["positive"][0]]["inputs"]["text"] == "yes"
    assert graph[control["negative"][0]]["inputs"]["text"] == "no"
    assert graph[control["ref_image"][0]]["inputs"] == {"image": "job/reference.png"}
    frames = graph[control["control_video"][0]]
    assert graph[frames["inputs"]["video"][0]]["inputs"] == {"file": "job/depth.mp4"}
    assert by_kind["CreateVideo"]["fps"] == RATE_HZ and by_kind["LoadAudio"] == {"audio": "job/sound.wav"}


def test_two_experts_share_the_steps() -> None:
    graph = workflow(_job())
    high, low = (node["inputs"] for node in graph.values() if node["class_type"] == "KSamplerAdvanced")
    assert (high["start_at_step"], high["end_at_step"]) == (0, low["start_at_step"])
    assert low["end_at_step"] >= low["steps"] == high["steps"] and high["noise_seed"] == 7
    assert (high["add_noise"], high["return_with_leftover_noise"]) == ("enable", "enable")
    assert (low["add_noise"], low["return_with_leftover_noise"]) == ("disable", "disable")
    assert graph[low["latent_image"][0]]["inputs"] is high
    names = [graph[graph[s["model"][0]]["inputs"]["model"][0]]["inputs"]["unet_name"] for s in (high, low)]
    assert "high_noise" in names[0] and "low_noise" in names[1]


@pytest.mark.parametrize("duration_s", [0.04, 0.3, 1.0, 2.0, 5.0, 5.06, 10.75])
def test_frames_are_one_more_than_a_multiple_of_four_and_enough(duration_s: float) -> None:
    frames = wan_frames(duration_s)
    assert frames % 4 == 1 and frames >= 5
    assert duration_s * RATE_HZ - 0.5 <= frames < max(duration_s * RATE_HZ + 4.5, 5.5)
    assert wan_frames(81 / RATE_HZ) == 81


def test_sizes() -> None:
    for size in ((832, 480), (640, 640), (256, 1280)):
        check_wan_size(*size)
    for size in ((640, 648), (240, 640), (640, 1296)):
        with pytest.raises(InputError, match="multiples of 16 from 256 to 1280"):
            check_wan_size(*size)


def test_shipped_prompts_are_whole() -> None:
    shipped = prompts()
    assert set(shipped["moods"]) == {*EMOTIONS, "neutral"}
    made = [positive_prompt(scene, person="an old man", mood=mood) for scene in shipped["scenes"] for mood in EMOTIONS]
    assert len(set(made)) == len(made) >= 6 * len(EMOTIONS)
    for text in made:
        assert "{" not in text and "old man" in text and text[0].isupper() and text.isascii()
        assert len(text.split()) < 120  # the text encoder reads 512 tokens
    assert shipped["person"][1:] in positive_prompt("office")
    with pytest.raises(InputError, match="unknown scene: received moon; accepted: studio, office"):
        positive_prompt("moon")
