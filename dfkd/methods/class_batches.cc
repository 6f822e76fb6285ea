#include "dfkd/methods/class_batches.h"

#include <ATen/ops/tensor.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "glog/logging.h"

namespace dfkd {
namespace {

// The wanted images that have no place yet, by class, in the order in which classes first stand.
class Queue {
 public:
  explicit Queue(const std::vector<int64_t>& labels) : left_(labels.size()) {
    for (size_t i = 0; i < labels.size(); ++i) {
      const auto found = std::find_if(classes_.begin(), classes_.end(),
                                      [&](const Class& c) { return c.label == labels[i]; });
      Class& its = found == classes_.end() ? classes_.emplace_back(labels[i]) : *found;
      its.images.push_back(static_cast<int64_t>(i));
    }
  }

  bool empty() const { return left_ == 0; }

  // Up to `count` images of as many classes: label and image. Classes that have waited longer come
  // first.
  std::vector<std::pair<int64_t, int64_t>> Take(int64_t count) {
    std::vector<std::pair<int64_t, int64_t>> taken;
    const size_t classes = std::min(classes_.size(), static_cast<size_t>(count));
    for (size_t i = 0; i < classes; ++i) {
      Class next = std::move(classes_.front());
      classes_.pop_front();
      taken.emplace_back(next.label, next.images.front());
      next.images.pop_front();
      if (!next.images.empty()) classes_.push_back(std::move(next));
    }
    left_ -= taken.size();
    return taken;
  }

 private:
  struct Class {
    explicit Class(int64_t label) : label(label) {}
    int64_t label;
    std::deque<int64_t> images;
  };
  std::deque<Class> classes_;
  size_t left_;
};

std::vector<int64_t> ToVector(const at::Tensor& labels) {
  const at::Tensor flat = labels.cpu().to(at::kLong).contiguous();
  const auto* data = flat.const_data_ptr<int64_t>();
  return {data, data + flat.numel()};
}

// `group` filled up to `count` from `usual`, what training has in its place: first the classes that
// it does not show yet.
void FillUp(const std::vector<int64_t>& usual, int64_t count, std::vector<int64_t>* group) {
  const std::vector<int64_t> wanted = *group;
  std::vector<int64_t> again;
  for (const int64_t label : usual) {
    const bool shown = std::count(wanted.begin(), wanted.end(), label) > 0;
    (shown ? again : *group).push_back(label);
  }
  group->insert(group->end(), again.begin(), again.end());
  group->resize(static_cast<size_t>(count));
}

}  // namespace

std::vector<ClassBatch> SpreadOverBatches(const at::Tensor& labels, int64_t batch_size,
                                          int64_t num_classes,
                                          const std::function<at::Tensor()>& sample) {
  CHECK(batch_size > 0 && num_classes > 0);
  Queue queue(ToVector(labels));
  std::vector<ClassBatch> batches;
  while (!queue.empty()) {
    ClassBatch batch;
    std::vector<int64_t> all, usual;
    for (int64_t begin = 0; begin < batch_size; begin += num_classes) {
      const int64_t count = std::min(num_classes, batch_size - begin);
      std::vector<int64_t> group;
      for (const auto& [label, image] : queue.Take(count)) {
        batch.places.push_back(begin + static_cast<int64_t>(group.size()));
        batch.wanted.push_back(image);
        group.push_back(label);
      }
      if (static_cast<int64_t>(group.size()) < count) {
        if (usual.empty()) usual = ToVector(sample());
        FillUp({usual.begin() + begin, usual.begin() + begin + count}, count, &group);
      }
      all.insert(all.end(), group.begin(), group.end());
    }
    batch.labels = at::tensor(all, at::kLong);
    batches.push_back(std::move(batch));
  }
  return batches;
}

}  // namespace dfkd
