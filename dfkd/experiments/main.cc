#include "dfkd/experiments/command_line.h"

// The shipped spec that this binary stands for; set by dfkd_experiment (experiment.bzl).
#ifndef DFKD_DEFAULT_EXPERIMENT
#define DFKD_DEFAULT_EXPERIMENT ""
#endif

int main(int argc, char** argv) {
  return dfkd::RunCommandLine(argc, argv, DFKD_DEFAULT_EXPERIMENT);
}
