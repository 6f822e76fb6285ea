#include "dfkd/inspect/inspect.h"

#include <iostream>
#include <string>

#include "dfkd/core/status.h"
#include "dfkd/experiments/command_line.h"

namespace dfkd {
namespace {

absl::Status RunInspect(const Invocation& invocation) {
  DFKD_ASSIGN_OR_RETURN(const std::string text, Inspect(invocation.arguments[0]));
  std::cout << text;
  return absl::OkStatus();
}

[[maybe_unused]] const bool added = AddVerb({
    .name = "inspect",
    .usage = "inspect FILE|FOLDER",
    .summary = "Says what a file is: weights (and which model preset they fit), a table, a run.",
    .details =
        "Of a weight file (safetensors, .pth of both kinds): each tensor's name, type and shape, "
        "how many parameters, metadata, the card, and the model presets that have just these names "
        "and shapes, with the number of classes that follows. Of a table of rows: its classes, the "
        "rows' lengths and the two that are least apart. Of a run's folder, a checkpoint, a pool's "
        "segment, CIFAR files: what it is and which verb reads it.\n\n"
        "Nothing in the file is run, and nothing of it is printed unescaped.\n\n"
        "  dfkd inspect mine.pth\n  dfkd inspect runs/quickstart",
    .flags = {},
    .min_arguments = 1,
    .max_arguments = 1,
    .run = RunInspect,
});

}  // namespace
}  // namespace dfkd
