// The likeliest classes of images, as a table for people and spreadsheets.
#ifndef DFKD_INFERENCE_CLASS_RANKING_H_
#define DFKD_INFERENCE_CLASS_RANKING_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace dfkd {

// As many classes as a row ranks; all of them where there are fewer.
inline constexpr int64_t kRankedClasses = 5;

// "file,rank1_class,rank1_probability,rank2_class,…", with CRLF.
std::string RankingHeader(int64_t classes);
// A line for each image: its file, then its likeliest classes with softmax(logits). logits [N, K]
// float32 on the CPU.
std::string RankingRows(const std::vector<std::string>& files, const at::Tensor& logits,
                        const std::vector<std::string>& class_names);

}  // namespace dfkd

#endif  // DFKD_INFERENCE_CLASS_RANKING_H_
