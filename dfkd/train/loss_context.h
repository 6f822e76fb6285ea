// What loss terms are made with, from the parts of a run.
#ifndef DFKD_TRAIN_LOSS_CONTEXT_H_
#define DFKD_TRAIN_LOSS_CONTEXT_H_

#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/losses/loss.h"
#include "dfkd/models/model.h"

namespace dfkd {

// `teacher` and `student` may be null, `streams` too, where no term draws.
LossContext MakeLossContext(const TeacherCard& card, const Model* teacher, const Model* student,
                            RandomStreams* streams, at::Device device);

}  // namespace dfkd

#endif  // DFKD_TRAIN_LOSS_CONTEXT_H_
