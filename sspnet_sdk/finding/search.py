"""Search a picture for people: with the finder as planned, with the network where it doubts, or with the network alone."""

from __future__ import annotations

from sspnet_sdk.bundles.thresholds import CentresAndBoxes
from sspnet_sdk.finding.locate import Found, find_people
from sspnet_sdk.finding.peaks import Peaks
from sspnet_sdk.finding.person_box import box_of_joints, box_of_seen_joints, iou
from sspnet_sdk.finding.person_boxes import judged, people_of
from sspnet_sdk.frame_rate.rate import OperatingPoint
from sspnet_sdk.frame_rate.search_plan import SearchPlan
from sspnet_sdk.geometry.crop import Box, Crop, whole_image
from sspnet_sdk.images.image import Image
from sspnet_sdk.inference.decode import seen
from sspnet_sdk.inference.engine import Engine
from sspnet_sdk.pose import BODY_JOINTS

_SETTLED_IOU = 0.7  # of two boxes one after the other: the second is no better


class Search:
    """One picture, and what looks at it.

    Args:
        image: to search.
        engine: runs the networks.
        first_look: the operating point at which poses tell whether somebody is a person.
    """

    def __init__(self, image: Image, engine: Engine, first_look: OperatingPoint) -> None:
        self._image, self._engine, self._first_look = image, engine, first_look

    def people(self, plan: SearchPlan | None) -> list[Found]:
        """People, the most prominent first, also those who are not sure.

        Args:
            plan: None if there is no finder; then one person at most.
        """
        bundle = self._engine.bundle
        if plan is None or bundle.finder is None:
            return [self._by_poses()]
        if isinstance(bundle.finder, CentresAndBoxes):
            people = people_of(self._engine.find_boxes(self._image, plan.size, bundle.finder), self._image, bundle.finder)
            looks = plan.looks if plan.poses else 0
            return judged(people, bundle.finder, lambda box: self._look_at(box)[0], looks, plan.everybody)
        finer = (lambda crop: self._engine.find(self._image, crop, 2 * plan.size)) if plan.finer else None
        return find_people(
            self._image,
            Peaks(bundle.finder, bundle.poses),
            lambda crop: self._engine.find(self._image, crop, plan.size),
            plan.looks,
            finer,
            self._look_at if plan.poses else None,
        )

    def _look_at(self, box: Box) -> tuple[float, Box]:
        crop = Crop.around(box, self._engine.bundle.box_scale)
        keypoints, confidence = seen(self._engine.poses(self._image, [crop], self._first_look).poses[0], crop)
        width, height, numbers = self._image.width, self._image.height, self._engine.bundle.poses
        around = box_of_seen_joints(keypoints, confidence, width, height, numbers, first_look=True)
        return float(confidence[:BODY_JOINTS].mean()), around if around[2:].min() >= 2 else box

    def _by_poses(self) -> Found:
        """The pose in the whole image implies a box. The pose in that box implies a better one."""
        box, score, numbers = whole_image(self._image), 0.0, self._engine.bundle.poses
        crop = Crop.around(box, 1.0)
        for _ in range(2):
            pose = self._engine.poses(self._image, [crop], self._first_look).poses[0, :BODY_JOINTS]
            score = float(pose[:, 3].mean())
            if score < numbers.sure:
                break
            implied = box_of_joints(crop.to_image(pose[:, :2]), numbers)
            settled, box = iou(implied, box) > _SETTLED_IOU, implied
            if settled:
                break
            crop = Crop.around(box, self._engine.bundle.box_scale)
        return Found(box, score, score >= numbers.sure)
