"""The finder's network: pictures of every shape, a file of its own, the original's weights."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from sspnet_train.data.whole_pictures import WholePicture
from sspnet_train.errors import CheckpointError, DataError
from sspnet_train.finder.start import HEADS, multipose_start
from sspnet_train.network.init_movenet import load_weights, read_tfjs
from sspnet_train.network.multipose import MultiPose, MultiPoseConfig, load_finder, save_finder

sys.path.insert(0, str(Path(__file__).parents[1] / "labels"))
from tfjs_movenet import write_movenet

SMALL = MultiPoseConfig(8, (8, 8, 8, 8, 8, 8, 12, 12, 12, 12, 16, 16, 16, 16, 16, 16, 24), 32, (16, 12, 8, 8), 96)


@pytest.fixture
def small():
    torch.manual_seed(0)
    return MultiPose(SMALL).eval()


def test_a_picture_of_any_shape_gets_a_cell_for_each_four_pixels(small):
    centre, box = small(torch.rand(2, 3, 64, 160))
    assert centre.shape == (2, 16, 40) and box.shape == (2, 4, 16, 40)
    assert centre.min() > 0 and centre.max() < 1 and box[:, 2:].min() >= 0


def test_what_is_in_one_place_does_not_depend_on_the_pictures_shape(small):
    """Fully convolutional: a wider picture says the same far from its border."""
    wide = torch.rand(1, 3, 64, 640)
    whole, part = small.trunk(wide)[-1], small.trunk(wide[..., :512])[-1]
    torch.testing.assert_close(whole[..., :40], part[..., :40], atol=1e-4, rtol=1e-4)


def test_a_finder_comes_back_from_its_file_as_fp16_holds_it(small, tmp_path):
    save_finder(tmp_path / "finder.safetensors", small, {"license": "Apache-2.0"})
    again, notes = load_finder(tmp_path / "finder.safetensors")
    assert notes == {"license": "Apache-2.0"} and again.config == SMALL
    for ours, theirs in zip(small(torch.zeros(1, 3, 64, 64)), again(torch.zeros(1, 3, 64, 64)), strict=True):
        torch.testing.assert_close(ours, theirs, atol=2e-2, rtol=2e-2)


def test_a_file_that_is_no_finder_is_named(tmp_path, small):
    (tmp_path / "other.safetensors").write_bytes(b"not a tensor")
    with pytest.raises(CheckpointError, match=r"other\.safetensors is not a \.safetensors"):
        load_finder(tmp_path / "other.safetensors")
    with pytest.raises(CheckpointError, match="no finder at"):
        load_finder(tmp_path / "missing")
    small.centre[-1].bias.data[:] = torch.nan
    save_finder(tmp_path / "broken.safetensors", small)
    with pytest.raises(CheckpointError, match="not finite"):
        load_finder(tmp_path / "broken.safetensors")


def test_the_originals_weights_land_where_they_belong_with_x_before_y(tmp_path):
    path = write_movenet(tmp_path / "m.json", 64, MultiPoseConfig(), HEADS)
    network, plain = multipose_start(path), MultiPose().eval()
    load_weights(plain, read_tfjs(path), HEADS)
    picture = torch.rand(1, 3, 64, 96)
    (centre, box), (centre_yx, box_yx) = network(picture), plain(picture)
    assert torch.equal(centre, centre_yx) and torch.equal(box, box_yx[:, [1, 0, 3, 2]])
    stored = read_tfjs(path)["StatefulPartitionedCall/center_0/conv2d_4/BiasAdd/ReadVariableOp"]
    np.testing.assert_array_equal(network.centre[-1].bias.detach().numpy(), stored)


def test_few_pictures_give_batch_norms_their_statistics_and_none_are_refused(tmp_path):
    path, rng = write_movenet(tmp_path / "m.json", 64, MultiPoseConfig(), HEADS), np.random.default_rng(0)
    few = [WholePicture(name, rng.integers(0, 255, (60, 80, 3)).astype(np.uint8), np.zeros((0, 4))) for name in "abc"]
    plain, network, picture = multipose_start(path), multipose_start(path, few), torch.rand(1, 3, 64, 96)
    assert any(
        not torch.equal(plain.state_dict()[name], value) for name, value in network.state_dict().items() if "running" in name
    )
    for ours, theirs in zip(network(picture), plain(picture), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=1e-3)
    with pytest.raises(DataError, match="all of these are held out"):
        multipose_start(path, [])
