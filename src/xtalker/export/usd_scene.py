"""A take as a USD stage: UsdSkel blend shapes and joints, animation, camera, sound, plain materials.

Frame i stands at time code i, 25 a second. Parts keep their quads, so that they can be subdivided; `st` is written
for each corner, v = 0 at the bottom, as USD wants it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom, UsdMedia, UsdShade, UsdSkel, Vt

from xtalker.export.camera_path import FAR_M, NEAR_M, camera_path
from xtalker.export.gltf_animation import quaternions
from xtalker.export.interface import Content
from xtalker.export.part_looks import COLOUR, LASH_OPACITY, ROUGHNESS, kind_of
from xtalker.export.surface_parts import Part, parts_of
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.rig import Rig

ROOT: Final = "/Take"
_SKELETON, _ANIMATION = f"{ROOT}/Skeleton", f"{ROOT}/Skeleton/Animation"
_NEGLIGIBLE_M: Final = 1e-7
_APERTURE_MM: Final = 24.0


def write_stage(path: Path, content: Content, *, sound: str | None, texture: str | None) -> None:
    """Write the layer; the suffix .usdc makes it binary.

    Args:
        path: of the layer.
        content: with a rig.
        sound: path of the sound file relative to the layer.
        texture: path of the skin's picture relative to the layer.
    """
    rig = content.rig
    assert rig is not None, "checked by can_hold"
    stage = _new_stage(content.motion.num_frames)
    stage.SetMetadata("customLayerData", {str(label): str(text) for label, text in content.card.items()})
    _add_skeleton(stage, rig)
    _add_animation(stage, rig, content)
    for part in parts_of(rig.topology):
        mesh = _add_mesh(stage, rig, part)
        _add_material(stage, mesh, part, texture if kind_of(part.name) == "skin" else None)
    if content.camera is not None:
        _add_camera(stage, rig, content)
    if sound is not None:
        _add_sound(stage, sound)
    stage.GetRootLayer().Export(str(path))


def _new_stage(num_frames: int) -> Any:
    stage = Usd.Stage.CreateInMemory()
    stage.SetStartTimeCode(0)
    stage.SetEndTimeCode(num_frames - 1)
    stage.SetTimeCodesPerSecond(FRAME_RATE_HZ)
    stage.SetFramesPerSecond(FRAME_RATE_HZ)
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    stage.SetDefaultPrim(UsdSkel.Root.Define(stage, ROOT).GetPrim())
    return stage


def _joint_paths(rig: Rig) -> list[str]:
    """Joints as UsdSkel names them: root, root/head, root/head/jaw."""
    paths: list[str] = []
    for joint in rig.joints:
        paths.append(joint.name if joint.parent is None else f"{paths[joint.parent]}/{joint.name}")
    return paths


def _steps(rig: Rig) -> list[Any]:
    """Place of each joint relative to its parent."""
    origin = np.zeros(3)
    return [j.place.astype(float) - (origin if j.parent is None else rig.joints[j.parent].place) for j in rig.joints]


def _add_skeleton(stage: Any, rig: Rig) -> None:
    skeleton = UsdSkel.Skeleton.Define(stage, _SKELETON)
    skeleton.CreateJointsAttr(_joint_paths(rig))
    skeleton.CreateBindTransformsAttr(Vt.Matrix4dArray([_moved(j.place) for j in rig.joints]))
    skeleton.CreateRestTransformsAttr(Vt.Matrix4dArray([_moved(step) for step in _steps(rig)]))
    binding = UsdSkel.BindingAPI.Apply(skeleton.GetPrim())
    binding.CreateAnimationSourceRel().SetTargets([Sdf.Path(_ANIMATION)])


def _add_animation(stage: Any, rig: Rig, content: Content) -> None:
    animation = UsdSkel.Animation.Define(stage, _ANIMATION)
    animation.CreateJointsAttr(_joint_paths(rig))
    animation.CreateBlendShapesAttr(list(rig.morph_names))
    animation.CreateTranslationsAttr(Vt.Vec3fArray([Gf.Vec3f(*map(float, step)) for step in _steps(rig)]))
    animation.CreateScalesAttr(Vt.Vec3hArray([Gf.Vec3h(1, 1, 1)] * len(rig.joints)))
    rotations, weights = animation.CreateRotationsAttr(), animation.CreateBlendShapeWeightsAttr()
    turns = rig.rotations(content.motion).astype(np.float64)
    by_joint = np.stack([quaternions(turns[:, j]) for j in range(len(rig.joints))], axis=1)
    expression = np.ascontiguousarray(content.motion.expression, np.float32)
    for frame, (quats, row) in enumerate(zip(by_joint, expression)):
        rotations.Set(Vt.QuatfArray([Gf.Quatf(float(q[3]), *map(float, q[:3])) for q in quats]), frame)
        weights.Set(Vt.FloatArray.FromNumpy(row), frame)


def _add_mesh(stage: Any, rig: Rig, part: Part) -> Any:
    mesh = UsdGeom.Mesh.Define(stage, f"{ROOT}/{part.name}")
    points = np.ascontiguousarray(rig.neutral[part.vertices], np.float32)
    mesh.CreatePointsAttr(Vt.Vec3fArray.FromNumpy(points))
    mesh.CreateExtentAttr(Vt.Vec3fArray.FromNumpy(np.stack([points.min(0), points.max(0)])))
    mesh.CreateFaceVertexCountsAttr(_integers(np.full(len(part.faces), part.faces.shape[1])))
    mesh.CreateFaceVertexIndicesAttr(_integers(part.faces))
    mesh.CreateSubdivisionSchemeAttr("none")
    if part.uv is not None and part.face_uv is not None:
        st = UsdGeom.PrimvarsAPI(mesh).CreatePrimvar("st", Sdf.ValueTypeNames.TexCoord2fArray, "faceVarying")
        st.Set(Vt.Vec2fArray.FromNumpy(np.ascontiguousarray(part.uv)))
        st.SetIndices(_integers(part.face_uv))
    binding = UsdSkel.BindingAPI.Apply(mesh.GetPrim())
    binding.CreateSkeletonRel().SetTargets([Sdf.Path(_SKELETON)])
    index, weight = rig.joint_index[part.vertices], rig.joint_weight[part.vertices]
    binding.CreateJointIndicesPrimvar(False, index.shape[1]).Set(_integers(index))
    binding.CreateJointWeightsPrimvar(False, index.shape[1]).Set(Vt.FloatArray.FromNumpy(weight.ravel()))
    _add_shapes(stage, rig, part, binding)
    return mesh


def _add_shapes(stage: Any, rig: Rig, part: Part, binding: Any) -> None:
    """Blend shapes of the morphs that move the part, each with the points that it moves."""
    names, targets = [], []
    for name, morph in zip(rig.morph_names, rig.morphs):
        offsets = morph[part.vertices]
        rows = np.flatnonzero(np.abs(offsets).max(axis=1) > _NEGLIGIBLE_M)
        if not len(rows):
            continue
        shape = UsdSkel.BlendShape.Define(stage, f"{ROOT}/{part.name}/{name}")
        shape.CreateOffsetsAttr(Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(offsets[rows], np.float32)))
        shape.CreatePointIndicesAttr(_integers(rows))
        names.append(name)
        targets.append(shape.GetPath())
    if names:
        binding.CreateBlendShapesAttr(names)
        binding.CreateBlendShapeTargetsRel().SetTargets(targets)


def _add_material(stage: Any, mesh: Any, part: Part, texture: str | None) -> None:
    kind = kind_of(part.name)
    mesh.CreateDisplayColorAttr([Gf.Vec3f(*COLOUR[kind])])
    material = UsdShade.Material.Define(stage, f"{ROOT}/materials/{part.name}")
    surface = _shader(stage, material, "surface", "UsdPreviewSurface")
    surface.CreateInput("roughness", Sdf.ValueTypeNames.Float).Set(ROUGHNESS[kind])
    colour = surface.CreateInput("diffuseColor", Sdf.ValueTypeNames.Color3f)
    colour.Set(Gf.Vec3f(*COLOUR[kind]))
    if kind == "lashes":
        surface.CreateInput("opacity", Sdf.ValueTypeNames.Float).Set(LASH_OPACITY)
    if texture is not None:
        reader = _shader(stage, material, "st", "UsdPrimvarReader_float2")
        reader.CreateInput("varname", Sdf.ValueTypeNames.String).Set("st")
        picture = _shader(stage, material, "picture", "UsdUVTexture")
        picture.CreateInput("file", Sdf.ValueTypeNames.Asset).Set(Sdf.AssetPath(texture))
        picture.CreateInput("sourceColorSpace", Sdf.ValueTypeNames.Token).Set("sRGB")
        for side, mode in (("wrapS", "repeat"), ("wrapT", "clamp")):  # columns run past the right border
            picture.CreateInput(side, Sdf.ValueTypeNames.Token).Set(mode)
        place = reader.CreateOutput("result", Sdf.ValueTypeNames.Float2)
        picture.CreateInput("st", Sdf.ValueTypeNames.Float2).ConnectToSource(place)
        colour.ConnectToSource(picture.CreateOutput("rgb", Sdf.ValueTypeNames.Float3))
    material.CreateSurfaceOutput().ConnectToSource(surface.CreateOutput("surface", Sdf.ValueTypeNames.Token))
    UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(material)


def _shader(stage: Any, material: Any, name: str, kind: str) -> Any:
    shader = UsdShade.Shader.Define(stage, material.GetPath().AppendChild(name))
    shader.CreateIdAttr(kind)
    return shader


def _add_camera(stage: Any, rig: Rig, content: Content) -> None:
    """Square pictures, as takes are framed; lengths of the lens are in tenths of a scene unit by USD's rule."""
    assert content.camera is not None
    path = camera_path(rig, content.camera)
    camera = UsdGeom.Camera.Define(stage, f"{ROOT}/camera")
    tenths_per_mm = 0.01  # 1 mm in metres is 0.001, in tenths of a metre 0.01
    aperture = _APERTURE_MM * tenths_per_mm
    camera.CreateHorizontalApertureAttr(aperture)
    camera.CreateVerticalApertureAttr(aperture)
    camera.CreateClippingRangeAttr(Gf.Vec2f(NEAR_M, FAR_M))
    transform, length = camera.AddTransformOp(), camera.CreateFocalLengthAttr()
    for frame, (pose, fov) in enumerate(zip(path.world_from_camera, path.field_of_view)):
        transform.Set(Gf.Matrix4d(pose.T.tolist()), frame)
        length.Set(float(aperture / 2 / np.tan(fov / 2)), frame)


def _add_sound(stage: Any, name: str) -> None:
    sound = UsdMedia.SpatialAudio.Define(stage, f"{ROOT}/sound")
    sound.CreateFilePathAttr(Sdf.AssetPath(name))
    sound.CreateAuralModeAttr("nonSpatial")
    sound.CreatePlaybackModeAttr("onceFromStart")


def _integers(array: np.ndarray) -> Any:
    return Vt.IntArray.FromNumpy(np.ascontiguousarray(array.ravel(), np.int32))


def _moved(place: np.ndarray) -> Any:
    return Gf.Matrix4d().SetTranslate(Gf.Vec3d(*map(float, place)))
