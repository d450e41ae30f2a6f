"""A .trc file through OpenSim: Pose2Sim's model scaled to it, inverse kinematics, and how far markers lie from the model's.

pip install opensim pose2sim     # in an environment of their own
python benchmarks/opensim_ik.py walk.trc
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import tempfile
from pathlib import Path

import numpy as np
import opensim
from numpy.typing import NDArray

MARKERS = "Halpe26"


def setup_folder() -> Path:
    """Pose2Sim's models and settings."""
    found = importlib.util.find_spec("Pose2Sim")
    if found is None or found.origin is None:
        raise SystemExit("Error: pip install pose2sim")
    return Path(found.origin).parent / "OpenSim_Setup"


def scaled_model(trc: Path, folder: Path) -> opensim.Model:
    """The simple model with bones as long as the markers say. `trc` lies in `folder`."""
    setup = setup_folder()
    model = opensim.Model(str(setup / "Model_Pose2Sim_simple.osim"))
    model.updateMarkerSet(opensim.MarkerSet(str(setup / f"Markers_{MARKERS}.xml")))
    model.initSystem()
    model.printToXML(str(folder / "generic.osim"))
    markers, span = opensim.MarkerData(str(trc)), opensim.ArrayDouble()
    span.append(markers.getStartFrameTime())
    span.append(markers.getLastFrameTime())
    tool = opensim.ScaleTool(str(setup / f"Scaling_Setup_Pose2Sim_{MARKERS}.xml"))
    tool.getGenericModelMaker().setModelFileName("generic.osim")
    tool.getGenericModelMaker().setMarkerSetFileName("Unassigned")
    tool.getModelScaler().setMarkerFileName(trc.name)
    tool.getModelScaler().setTimeRange(span)
    tool.getModelScaler().setOutputModelFileName("scaled.osim")
    tool.getMarkerPlacer().setApply(False)
    tool.printToXML(str(folder / "scaling.xml"))
    opensim.ScaleTool(str(folder / "scaling.xml")).run()
    model = opensim.Model(str(folder / "scaled.osim"))
    model.initSystem()
    return model


def marker_errors(trc: Path, folder: Path) -> NDArray[np.float64]:
    """(T, 4) of each frame: time, sum of squares in m², RMS and largest in m."""
    markers, model = opensim.MarkerData(str(trc)), scaled_model(trc, folder)  # the tool only borrows the model
    tool = opensim.InverseKinematicsTool(str(setup_folder() / f"IK_Setup_Pose2Sim_{MARKERS}.xml"))
    tool.setModel(model)
    tool.set_marker_file(str(trc))
    tool.setStartTime(markers.getStartFrameTime())
    tool.setEndTime(markers.getLastFrameTime())
    tool.setResultsDir(str(folder))
    tool.setOutputMotionFileName(str(folder / "angles.mot"))
    tool.set_report_errors(True)
    tool.run()
    (report,) = folder.glob("*ik_marker_errors.sto")
    lines = report.read_text().split("endheader")[1].splitlines()[2:]
    return np.array([line.split() for line in lines if line.strip()], float)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trc", type=Path)
    given = parser.parse_args()
    opensim.Logger.removeFileSink()
    opensim.Logger.setLevelString("Error")
    with tempfile.TemporaryDirectory() as scratch:
        own = Path(shutil.copy(given.trc, scratch))
        errors = marker_errors(own, Path(scratch))
    print(f"{len(errors)} frames, RMS {1000 * errors[:, 2].mean():.1f} mm, largest {1000 * errors[:, 3].max():.0f} mm")


if __name__ == "__main__":
    main()
