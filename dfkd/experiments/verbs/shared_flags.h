// Flags that several verbs have. What each means to a verb is told in its Verb::flag_help.
#ifndef DFKD_EXPERIMENTS_VERBS_SHARED_FLAGS_H_
#define DFKD_EXPERIMENTS_VERBS_SHARED_FLAGS_H_

#include "gflags/gflags.h"

DECLARE_string(format);
DECLARE_string(labels);
DECLARE_string(model);
DECLARE_string(output);
DECLARE_string(weights);

#endif  // DFKD_EXPERIMENTS_VERBS_SHARED_FLAGS_H_
