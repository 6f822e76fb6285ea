// A verb's bar over images.
#ifndef DFKD_EXPERIMENTS_VERBS_IMAGE_PROGRESS_H_
#define DFKD_EXPERIMENTS_VERBS_IMAGE_PROGRESS_H_

#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "dfkd/report/progress.h"

namespace dfkd {

// Follows what is told to an options' on_start(total) and on_batch(images); it outlives their use.
class ImageProgress {
 public:
  template <typename Options>
  ImageProgress(absl::string_view verb, Options* options) : progress_(verb, 0, "images") {
    options->on_start = [this](int64_t total) {
      progress_.SetTotal(total);
      progress_.Start(0);
    };
    options->on_batch = [this](int64_t images) { progress_.Advance(images); };
  }
  ImageProgress(const ImageProgress&) = delete;
  ImageProgress& operator=(const ImageProgress&) = delete;

  int64_t done() const { return progress_.done(); }
  void Finish() { progress_.Finish(); }

 private:
  Progress progress_;
};

}  // namespace dfkd

#endif  // DFKD_EXPERIMENTS_VERBS_IMAGE_PROGRESS_H_
