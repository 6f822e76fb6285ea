#include "dfkd/experiments/verbs/shared_flags.h"

DEFINE_string(format, "text", "text or json");
DEFINE_string(labels, "", "a text file with a class name a line, in the order of the logits");
DEFINE_string(model, "",
              "architecture: a preset's or a plugin's name, see `list --category=model`");
DEFINE_string(output, "", "the file to write");
DEFINE_string(weights, "", "weight file: safetensors, .pth or .pt");
