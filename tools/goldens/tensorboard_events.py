"""Golden of dfkd/report: an event file written by TensorBoard's own classes.

    python tools/goldens/tensorboard_events.py [EVENT_FILE]

Needs tensorboard. Writes dfkd/report/testdata/events.tfevents; given a file that dfkd wrote,
prints instead what TensorBoard's EventAccumulator finds in it.
"""

import pathlib
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/report/testdata"

# What dfkd/report/tensorboard_test.cc writes.
STEP, WALL_TIME = 3, 2.5
SCALARS = [
    ("run/images", 600.0),
    ("loss/bn_stat", -0.25),
    ("seconds/total", 2.5),
    ("test/top1", 97.4),
    ("validation/top1", 0.0),
]
PNG = b"\x89PNG stands for a picture"


def show(path):
    events = EventAccumulator(path, size_guidance={"images": 0})
    events.Reload()
    for tag in events.Tags()["scalars"]:
        print(tag, [(e.step, e.wall_time, e.value) for e in events.Scalars(tag)])
    for tag in events.Tags()["images"]:
        print(tag, [(e.step, e.width, e.height, len(e.encoded_image_string)) for e in events.Images(tag)])


def main():
    if len(sys.argv) > 1:
        return show(sys.argv[1])
    OUT.mkdir(exist_ok=True)
    image = Summary.Image(height=2, width=4, colorspace=3, encoded_image_string=PNG)
    with open(OUT / "events.tfevents", "wb") as file:
        writer = RecordWriter(file)
        for event in [
            Event(file_version="brain.Event:2"),
            Event(
                step=STEP,
                wall_time=WALL_TIME,
                summary=Summary(value=[Summary.Value(tag=t, simple_value=v) for t, v in SCALARS]),
            ),
            Event(
                step=STEP,
                wall_time=WALL_TIME,
                summary=Summary(value=[Summary.Value(tag="samples/epoch-0003", image=image)]),
            ),
        ]:
            writer.write(event.SerializeToString())


if __name__ == "__main__":
    main()
