"""A take as a USD stage: UsdSkel blend shapes and joints, animation, camera, sound; usd_materials has the looks.

Frame i stands at time code i, 25 a second. Parts keep their quads, so that they can be subdivided; `st` is written
for each corner, v = 0 at the bottom, as USD wants it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom, UsdMedia, UsdShade, UsdSkel, Vt

from xtalker.export.animated_model import AnimatedModel, normals_of
from xtalker.export.camera_path import FAR_M, NEAR_M, path_of
from xtalker.export.gltf_animation import quaternions
from xtalker.export.interface import Content
from xtalker.export.usd_materials import add_material
from xtalker.geometry.camera_path import CameraPath
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.rig import Joint
from xtalker.values.surface import SurfacePart

ROOT: Final = "/Take"
_SKELETON, _ANIMATION = f"{ROOT}/Skeleton", f"{ROOT}/Skeleton/Animation"
_NEGLIGIBLE_M: Final = 1e-7
_NEGLIGIBLE_NORMAL: Final = 0.01  # of a unit vector: half a degree
_APERTURE_MM: Final = 24.0


def write_stage(path: Path, content: Content, model: AnimatedModel, *, beside: Mapping[str, str]) -> None:
    """Write the layer; the suffix .usdc makes it binary.

    Args:
        path: of the layer.
        content: card and camera; with a rig where it has a camera.
        model: what is seen.
        beside: "sound", and names of the model's pictures -> path relative to the layer.
    """
    stage = _new_stage(model.num_frames)
    stage.SetMetadata("customLayerData", {str(label): str(text) for label, text in content.card.items()})
    _add_skeleton(stage, model.joints)
    _add_animation(stage, model)
    for part in model.parts:
        mesh = _add_mesh(stage, part)
        material = add_material(stage, f"{ROOT}/materials/{part.material.name}", part.material, beside)
        UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(material)
    path_seen = path_of(content)
    if path_seen is not None:
        _add_camera(stage, path_seen)
    if "sound" in beside:
        _add_sound(stage, beside["sound"])
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


def _joint_paths(joints: tuple[Joint, ...]) -> list[str]:
    """Joints as UsdSkel names them: root, root/head, root/head/jaw."""
    paths: list[str] = []
    for joint in joints:
        paths.append(joint.name if joint.parent is None else f"{paths[joint.parent]}/{joint.name}")
    return paths


def _steps(joints: tuple[Joint, ...]) -> list[Any]:
    """Place of each joint relative to its parent."""
    origin = np.zeros(3)
    return [j.place.astype(float) - (origin if j.parent is None else joints[j.parent].place) for j in joints]


def _add_skeleton(stage: Any, joints: tuple[Joint, ...]) -> None:
    skeleton = UsdSkel.Skeleton.Define(stage, _SKELETON)
    skeleton.CreateJointsAttr(_joint_paths(joints))
    skeleton.CreateBindTransformsAttr(Vt.Matrix4dArray([_moved(joint.place) for joint in joints]))
    skeleton.CreateRestTransformsAttr(Vt.Matrix4dArray([_moved(step) for step in _steps(joints)]))
    binding = UsdSkel.BindingAPI.Apply(skeleton.GetPrim())
    binding.CreateAnimationSourceRel().SetTargets([Sdf.Path(_ANIMATION)])


def _add_animation(stage: Any, model: AnimatedModel) -> None:
    joints, names = model.joints, list(model.tracks)
    animation = UsdSkel.Animation.Define(stage, _ANIMATION)
    animation.CreateJointsAttr(_joint_paths(joints))
    animation.CreateBlendShapesAttr(names)
    animation.CreateTranslationsAttr(Vt.Vec3fArray([Gf.Vec3f(*map(float, step)) for step in _steps(joints)]))
    animation.CreateScalesAttr(Vt.Vec3hArray([Gf.Vec3h(1, 1, 1)] * len(joints)))
    rotations, weights = animation.CreateRotationsAttr(), animation.CreateBlendShapeWeightsAttr()
    turns = model.rotations.astype(np.float64)
    by_joint = np.stack([quaternions(turns[:, j]) for j in range(len(joints))], axis=1)
    rows = np.stack([model.tracks[name] for name in names], axis=1) if names else np.zeros((len(turns), 0))
    for frame, (quats, row) in enumerate(zip(by_joint, np.ascontiguousarray(rows, np.float32))):
        rotations.Set(Vt.QuatfArray([Gf.Quatf(float(q[3]), *map(float, q[:3])) for q in quats]), frame)
        weights.Set(Vt.FloatArray.FromNumpy(row), frame)


def _add_mesh(stage: Any, part: SurfacePart) -> Any:
    mesh = UsdGeom.Mesh.Define(stage, f"{ROOT}/{part.name}")
    normals = normals_of(part) if part.material.lit else None  # nothing asks for those of a photograph
    mesh.CreatePointsAttr(_vectors(part.points))
    mesh.CreateExtentAttr(_vectors(np.stack([part.points.min(0), part.points.max(0)])))
    mesh.CreateFaceVertexCountsAttr(_integers(np.full(len(part.faces), part.faces.shape[1])))
    mesh.CreateFaceVertexIndicesAttr(_integers(part.faces))
    mesh.CreateSubdivisionSchemeAttr("none")
    if normals is not None:
        mesh.CreateNormalsAttr(_vectors(normals.neutral))
        mesh.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    mesh.CreateDisplayColorAttr([Gf.Vec3f(*part.material.colour)])
    if part.material.double_sided:
        mesh.CreateDoubleSidedAttr(True)
    if part.uv is not None:
        st = UsdGeom.PrimvarsAPI(mesh).CreatePrimvar("st", Sdf.ValueTypeNames.TexCoord2fArray, "faceVarying")
        st.Set(Vt.Vec2fArray.FromNumpy(np.ascontiguousarray(part.uv, np.float32)))
        st.SetIndices(_integers(part.faces if part.face_uv is None else part.face_uv))
    binding = UsdSkel.BindingAPI.Apply(mesh.GetPrim())
    binding.CreateSkeletonRel().SetTargets([Sdf.Path(_SKELETON)])
    index, weight = part.joint_index, np.ascontiguousarray(part.joint_weight, np.float32)
    binding.CreateJointIndicesPrimvar(False, index.shape[1]).Set(_integers(index))
    binding.CreateJointWeightsPrimvar(False, index.shape[1]).Set(Vt.FloatArray.FromNumpy(weight.ravel()))
    _add_shapes(stage, part, None if normals is None else normals.morphs, binding)
    return mesh


def _add_shapes(stage: Any, part: SurfacePart, normals: np.ndarray | None, binding: Any) -> None:
    """Blend shapes, each with the points that it moves or turns; none for morphs that do nothing here."""
    names, targets = [], []
    for number, (name, offsets) in enumerate(zip(part.morph_names, part.morphs)):
        moved = np.abs(offsets).max(axis=1) > _NEGLIGIBLE_M
        if not moved.any():
            continue
        turned = moved if normals is None else np.abs(normals[number]).max(axis=1) > _NEGLIGIBLE_NORMAL
        rows = np.flatnonzero(moved | turned)
        shape = UsdSkel.BlendShape.Define(stage, f"{ROOT}/{part.name}/{name}")
        shape.CreateOffsetsAttr(_vectors(offsets[rows]))
        if normals is not None:
            shape.CreateNormalOffsetsAttr(_vectors(normals[number][rows]))
        shape.CreatePointIndicesAttr(_integers(rows))
        names.append(name)
        targets.append(shape.GetPath())
    if names:
        binding.CreateBlendShapesAttr(names)
        binding.CreateBlendShapeTargetsRel().SetTargets(targets)


def _add_camera(stage: Any, path: CameraPath) -> None:
    """Square pictures, as takes are framed; lengths of the lens are in tenths of a scene unit by USD's rule."""
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


def _vectors(array: np.ndarray) -> Any:
    return Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(array, np.float32))


def _integers(array: np.ndarray) -> Any:
    return Vt.IntArray.FromNumpy(np.ascontiguousarray(array.ravel(), np.int32))


def _moved(place: np.ndarray) -> Any:
    return Gf.Matrix4d().SetTranslate(Gf.Vec3d(*map(float, place)))
