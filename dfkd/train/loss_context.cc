#include "dfkd/train/loss_context.h"

namespace dfkd {
namespace {

// Of the embeddings that the last layer sees; 0 where the model has no last layer.
int64_t Features(const Model* model) {
  if (model == nullptr || !model->ClassifierWeight().defined()) return 0;
  return model->ClassifierWeight().size(1);
}

}  // namespace

LossContext MakeLossContext(const TeacherCard& card, const Model* teacher, const Model* student,
                            RandomStreams* streams, at::Device device) {
  LossContext context;
  context.num_classes = card.class_name_size();
  context.class_names = {card.class_name().begin(), card.class_name().end()};
  context.teacher_features = Features(teacher);
  context.student_features = Features(student);
  context.streams = streams;
  context.device = device;
  return context;
}

}  // namespace dfkd
