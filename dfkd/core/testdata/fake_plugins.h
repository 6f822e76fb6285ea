// Categories of the plugins with which core is tested, named as the real ones are.
#ifndef DFKD_CORE_TESTDATA_FAKE_PLUGINS_H_
#define DFKD_CORE_TESTDATA_FAKE_PLUGINS_H_

namespace dfkd::fake {

struct NoContext {};

class Method {
 public:
  static constexpr char kCategory[] = "method";
  using Context = NoContext;
  virtual ~Method() = default;
};

class Loss {
 public:
  static constexpr char kCategory[] = "loss";
  using Context = NoContext;
  virtual ~Loss() = default;
  virtual double value() const { return 0; }
};

class Optimizer {
 public:
  static constexpr char kCategory[] = "optimizer";
  using Context = NoContext;
  virtual ~Optimizer() = default;
};

class Model {
 public:
  static constexpr char kCategory[] = "model";
  using Context = NoContext;
  virtual ~Model() = default;
};

class Encoder {
 public:
  static constexpr char kCategory[] = "encoder";
  using Context = NoContext;
  virtual ~Encoder() = default;
};

class Augmentation {
 public:
  static constexpr char kCategory[] = "augmentation";
  using Context = NoContext;
  virtual ~Augmentation() = default;
};

}  // namespace dfkd::fake

#endif  // DFKD_CORE_TESTDATA_FAKE_PLUGINS_H_
