/* SPDX-License-Identifier: MIT */
/* Models whose nodes spell out cells, as texts; see spelled.h. */
#include "runner/spelled.h"

#include <stddef.h>

#define LSTM_STEP                                                                                  \
    "  Sigmoid i -> is\n"                                                                          \
    "  Sigmoid f -> fs\n"                                                                          \
    "  Tanh g -> gt\n"                                                                             \
    "  Sigmoid o -> os\n"                                                                          \
    "  Mul fs c -> fc\n"                                                                           \
    "  Mul is gt -> ig\n"                                                                          \
    "  Add fc ig -> c1\n"                                                                          \
    "  Tanh c1 -> tc\n"                                                                            \
    "  Mul os tc -> h1\n"

#define WEIGHTS                                                                                    \
    "const W f [3,16] ~\n"                                                                         \
    "const R f [4,16] ~\n"                                                                         \
    "const b f [16] ~\n"

#define LSTM_TEXT                                                                                  \
    "v1  = sigmoid(W1@x + U1@h + b1)\n"                                                            \
    "v2  = sigmoid(W2@x + U2@h + b2)\n"                                                            \
    "v3  = sigmoid(W3@x + U3@h + b3)\n"                                                            \
    "v4  = tanh(W4@x + U4@h + b4)\n"                                                               \
    "c'  = v2*c + v3*v4\n"                                                                         \
    "h'  = v1*tanh(c')\n"

const struct spelled spelled[] = {
    {"an LSTM as PyTorch's cell is exported, with dense layers around it", 1, LSTM_TEXT,
     "in u f [2,5] ~\nin h f [2,4] ~\nin c f [2,4] ~\n" WEIGHTS
     "const E f [5,3] ~\nconst D f [4,2] ~\nconst one f [16] ~\n"
     "MatMul u E -> e\nRelu e -> x\nGemm x W b -> a1\nGemm h R one -> a2\nAdd a1 a2 -> a\n"
     "Split a -> i f g o axis=1\n" LSTM_STEP "Relu h1 -> r\nMatMul r D -> y\nSigmoid y -> p\n"
     "out p\nout h1\nout c1\n",
     SPELLED_RUNS},
    {"an LSTM as TensorFlow writes it, its input and state joined", 1, LSTM_TEXT,
     "in x f [2,3] ~\nin h f [2,4] ~\nin c f [2,4] ~\nconst K f [7,16] ~\nconst b f [16] ~\n"
     "Concat x h -> xh axis=1\nMatMul xh K -> m\nAdd m b -> a\n"
     "Split a -> i g f o axis=-1 split=[4,4,4,4]\n" LSTM_STEP "out h1\nout c1\n",
     SPELLED_RUNS},
    {"two steps of one LSTM", 2, LSTM_TEXT,
     "in x f [1,3] ~\nin x2 f [1,3] ~\nin h f [1,4] ~\nin c f [1,4] ~\n" WEIGHTS
     "MatMul x W -> a1\nMatMul h R -> a2\nAdd a1 a2 -> a3\nAdd a3 b -> a\n"
     "Split a -> i f g o axis=1\n" LSTM_STEP
     "MatMul x2 W -> d1\nMatMul h1 R -> d2\nAdd d1 d2 -> d3\nAdd d3 b -> d\n"
     "Split d -> i2 f2 g2 o2 axis=1\n"
     "Sigmoid i2 -> is2\nSigmoid f2 -> fs2\nTanh g2 -> gt2\nSigmoid o2 -> os2\nMul fs2 c1 -> fc2\n"
     "Mul is2 gt2 -> ig2\nAdd fc2 ig2 -> c2\nTanh c2 -> tc2\nMul os2 tc2 -> h2\n"
     "out h2\nout c2\n",
     SPELLED_RUNS},
    {"two steps of an RNN, its gate by itself", 2, "h'  = tanh(W1@x + U1@h + b1)\n",
     "in x f [2,2,3] ~\nin h f [2,4] ~\nconst W f [4,3] ~\nconst R f [4,4] ~\nconst b f [4] ~\n"
     "const q f [4] ~\nconst D f [4,2] ~\nSplit x -> xa xb axis=0 split=[1,1]\n"
     "const shape i [2] = 2 3\nReshape xa shape -> x1\nReshape xb shape -> x2\n"
     "Gemm x1 W b -> a1 transB=1\nGemm h R q -> d1 transB=1\nAdd a1 d1 -> s1\nTanh s1 -> h1\n"
     "Gemm x2 W b -> a2 transB=1\nGemm h1 R q -> d2 transB=1\nAdd a2 d2 -> s2\nTanh s2 -> h2\n"
     "MatMul h2 D -> y\nout h1\nout h2\nout y\n",
     SPELLED_RUNS},
    {"an LSTM whose gates are sliced", 1, LSTM_TEXT,
     "in x f [2,3] ~\nin h f [2,4] ~\nin c f [2,4] ~\n" WEIGHTS
     "const axis i [1] = 1\nconst n0 i [1] = 0\nconst n1 i [1] = 4\nconst n2 i [1] = 8\n"
     "const n3 i [1] = 12\nconst n4 i [1] = 16\n"
     "MatMul x W -> a1\nMatMul h R -> a2\nAdd a1 a2 -> a3\nAdd a3 b -> a\n"
     "Slice a n0 n1 axis -> i\nSlice a n1 n2 axis -> f\nSlice a n2 n3 axis -> g\n"
     "Slice a n3 n4 axis -> o\n" LSTM_STEP "out h1\nout c1\n",
     SPELLED_RUNS},
    {"a GRU whose reset comes before, and what skips the layer after it", 1,
     "v1  = sigmoid(W1@x + U1@h + b1)\n"
     "v2  = sigmoid(W2@x + U2@h + b2)\n"
     "v3  = tanh(W3@x + R3@(v2*h) + b3)\n"
     "h'  = (1 - v1)*v3 + v1*h\n",
     "in x f [2,3] ~\nin h f [2,4] ~\nconst W f [3,12] ~\nconst R f [4,8] ~\nconst N f [4,4] ~\n"
     "const b f [12] ~\nconst one f [1] = 1\nconst n f [4] ~\nconst D f [4,4] ~\n"
     "MatMul x W -> m\nAdd m b -> a\nSplit a -> az ar an axis=-1\nMatMul h R -> d\n"
     "Split d -> dz dr axis=-1\nAdd az dz -> sz\nSigmoid sz -> z\nAdd ar dr -> sr\n"
     "Sigmoid sr -> r\nMul r h -> rh\nMatMul rh N -> nn\nAdd n nn -> nb\nAdd nb an -> sn\n"
     "Tanh sn -> t\nSub one z -> nz\nMul nz t -> left\nMul z h -> right\n"
     "Add left right -> h1\nMatMul h1 D -> y1\nAdd y1 h1 -> y\nout h1\nout y\n",
     SPELLED_RUNS},
    {"a GRU as PyTorch's cell is exported", 1,
     "v1  = sigmoid(W1@x + U1@h + b1)\n"
     "v2  = sigmoid(W2@x + U2@h + b2)\n"
     "v3  = tanh(W3@x + v2*(U4@h + b4) + b3)\n"
     "h'  = (1 - v1)*v3 + v1*h\n",
     "in x f [2,3] ~\nin h f [2,4] ~\nconst W f [12,3] ~\nconst R f [12,4] ~\nconst b f [12] ~\n"
     "const q f [12] ~\nconst one f [] = 1\n"
     "Gemm x W b -> a transB=1\nGemm h R q -> d transB=1\nSplit a -> ar az an axis=1\n"
     "Split d -> dr dz dn axis=1\nAdd ar dr -> sr\nSigmoid sr -> r\nAdd az dz -> sz\n"
     "Sigmoid sz -> z\nMul r dn -> rn\nAdd an rn -> sn\nTanh sn -> n\nSub one z -> nz\n"
     "Mul nz n -> left\nMul z h -> right\nAdd left right -> h1\nout h1\n",
     SPELLED_RUNS},
    {"a Loop over time, as PyTorch writes one", 1, "h'  = tanh(W1@x + U1@h)\n",
     "in X f [5,2,3] ~\nconst W f [3,4] ~\nconst R f [4,4] ~\nconst n i [] = 5\n"
     "const go b [] = 1\nconst h0 f [2,4] ~\n"
     "Loop n go h0 -> hT Y {\n  in i i []\n  in go1 b []\n  in h f [2,4]\n"
     "  Gather X i -> x axis=0\n  MatMul x W -> a\n  MatMul h R -> d\n  Add a d -> s\n"
     "  Tanh s -> h1\n  Identity h1 -> y\n  Identity go1 -> on\n  out on\n  out h1\n  out y\n}\n"
     "out Y\nout hT\n",
     SPELLED_RUNS},
    {"a while loop of TensorFlow's: counters, matrices passed on, a condition", 1, LSTM_TEXT,
     "in X f [2,?,3] [2,6,3] ~\nin h0 f [2,4] ~\nin c0 f [2,4] ~\n" WEIGHTS
     "const zero n [] = 0\nconst one n [] = 1\nconst where i [] = 1\n"
     "Shape X -> shape\nGather shape where -> T64 axis=0\nCast T64 -> T to=6\n"
     "Transpose X -> XT perm=[1,0,2]\nLess zero T -> go\n"
     "Loop - go zero h0 c0 R XT -> t9 hT cT R9 X9 Y {\n"
     "  in i i []\n  in go1 b []\n  in t n []\n  in h f [?,4]\n  in c f [?,4]\n  in R1 f [4,16]\n"
     "  in X1 f\n"
     "  Gather X1 t -> x axis=0\n  MatMul x W -> a1\n  MatMul h R1 -> a2\n  Add a1 a2 -> a3\n"
     "  Add a3 b -> a\n  Split a -> i1 f g o axis=-1\n  Identity i1 -> i2\n"
     "  Sigmoid i2 -> is\n  Sigmoid f -> fs\n  Tanh g -> gt\n  Sigmoid o -> os\n  Mul fs c -> fc\n"
     "  Mul is gt -> ig\n  Add fc ig -> c1\n  Tanh c1 -> tc\n  Mul os tc -> h1\n"
     "  Identity h1 -> y\n  Add t one -> t1\n  Less t1 T -> on\n"
     "  out on\n  out t1\n  out h1\n  out c1\n  out R1\n  out X1\n  out y\n}\n"
     "out Y\nout hT\nout cT\n",
     SPELLED_RUNS},
    {"fewer steps than the sequence has", 1, "h'  = tanh(W1@x + U1@h)\n",
     "in X f [5,3] ~\nin n i [1] = 3\nconst W f [3,4] ~\nconst R f [4,4] ~\nin h0 f [4] ~\n"
     "Loop n - h0 -> hT Y {\n  in i i []\n  in go1 b []\n  in h f [4]\n"
     "  Gather X i -> x axis=0\n  MatMul x W -> a\n  MatMul h R -> d\n  Add a d -> s\n"
     "  Tanh s -> h1\n  out go1\n  out h1\n  out h1\n}\nout Y\nout hT\n",
     SPELLED_OPEN},
    {"fewer steps than the sequence has, as a constant", 1, "h'  = tanh(W1@x + U1@h)\n",
     "in X f [5,2,3] ~\nconst n i [1] = 3\nconst W f [3,4] ~\nconst R f [4,4] ~\nin h0 f [2,4] ~\n"
     "Loop n - h0 -> hT Y {\n  in i i []\n  in go1 b []\n  in h f [2,4]\n"
     "  Gather X i -> x axis=0\n  MatMul x W -> a\n  MatMul h R -> d\n  Add a d -> s\n"
     "  Tanh s -> h1\n  out go1\n  out h1\n  out h1\n}\nout Y\nout hT\n",
     SPELLED_RUNS},
    {"more steps than the sequence has", 1, "h'  = tanh(W1@x + U1@h)\n",
     "in X f [5,3] ~\nin n i [] = 6\nconst W f [3,4] ~\nconst R f [4,4] ~\nin h0 f [4] ~\n"
     "Loop n - h0 -> hT {\n  in i i []\n  in go1 b []\n  in h f [4]\n"
     "  Gather X i -> x axis=0\n  MatMul x W -> a\n  MatMul h R -> d\n  Add a d -> s\n"
     "  Tanh s -> h1\n  out go1\n  out h1\n}\nout hT\n",
     SPELLED_REFUSED},
    {"a Scan from the end, time in the middle, with a GRU whose reset comes before", 1,
     "v1  = sigmoid(W1@x + U1@h + b1)\n"
     "v2  = sigmoid(W2@x + U2@h + b2)\n"
     "v3  = tanh(W3@x + R3@(v2*h) + b3)\n"
     "h'  = (1 - v1)*v3 + v1*h\n",
     "in X f [2,6,3] ~\nin h0 f [2,4] ~\nconst W f [3,12] ~\nconst R f [4,8] ~\nconst N f [4,4] ~\n"
     "const b f [12] ~\nconst one f [1] = 1\n"
     "Scan h0 X -> hT Y num_scan_inputs=1 scan_input_axes=[1] scan_output_axes=[1] "
     "scan_input_directions=[1] scan_output_directions=[1] {\n"
     "  in h f\n  in x f\n"
     "  MatMul x W -> m\n  Add m b -> a\n  Split a -> az ar an axis=-1\n  MatMul h R -> d\n"
     "  Split d -> dz dr axis=-1\n  Add az dz -> sz\n  Sigmoid sz -> z\n  Add ar dr -> sr\n"
     "  Sigmoid sr -> r\n  Mul r h -> rh\n  MatMul rh N -> nn\n  Add nn an -> sn\n  Tanh sn -> n\n"
     "  Sub one z -> nz\n  Mul nz n -> left\n  Mul z h -> right\n  Add left right -> h1\n"
     "  out h1\n  out h1\n}\nout Y\nout hT\n",
     SPELLED_RUNS},
    {"a Scan from the end whose outputs are not turned, peepholes, clips", 1,
     "v1  = hard_sigmoid(W1@x + U1@h + p2*c + b1, 0.200000003, 0.5)\n"
     "v2  = leaky_relu(V3@c - W3@x, 0.25)\n"
     "c'  = clip(v1*c + (1 - v1)*v2, -1, 1)\n"
     "h'  = -(max(h, c')/2 - v1)\n",
     "in X f [3,6] ~\nin h0 f [4] ~\nin c0 f [4] ~\nconst W f [3,4] ~\nconst V f [3,4] ~\n"
     "const R f [4,4] ~\nconst S f [4,4] ~\nconst b f [4] ~\nconst p f [4] ~\nconst one f [] = 1\n"
     "const two f [1] = 2\nconst least f [] = -1\n"
     "Scan h0 c0 X -> hT cT Y num_scan_inputs=1 scan_input_axes=[-1] scan_input_directions=[1] {\n"
     "  in h f [4]\n  in c f [4]\n  in x f [3]\n"
     "  MatMul x W -> a\n  MatMul h R -> d\n  Add a d -> s\n  Mul p c -> pc\n  Add s pc -> s2\n"
     "  Add s2 b -> s3\n  HardSigmoid s3 -> g\n  MatMul c S -> cs\n  MatMul x V -> xv\n"
     "  Sub cs xv -> k1\n  LeakyRelu k1 -> k alpha=0.25\n  Mul g c -> gc\n  Sub one g -> ng\n"
     "  Mul ng k -> nk\n  Add gc nk -> c1\n  Clip c1 least one -> c2\n  Max h c2 -> m\n"
     "  Div m two -> m2\n  Sub m2 g -> h1\n  Neg h1 -> h2\n"
     "  out h2\n  out c2\n  out h2\n}\nout Y\nout hT\nout cT\n",
     SPELLED_RUNS},
    {"states of another batch than the input", 1, "h'  = tanh(W1@x + U1@h)\n",
     "in X f [?,?,3] [5,2,3] ~\nconst W f [3,4] ~\nconst R f [4,4] ~\nin h0 f [?,4] [1,4] ~\n"
     "in n i [] = 5\n"
     "Loop n - h0 -> hT Y {\n  in i i []\n  in go1 b []\n  in h f [?,4]\n"
     "  Gather X i -> x axis=0\n  MatMul x W -> a\n  MatMul h R -> d\n  Add a d -> s\n"
     "  Tanh s -> h1\n  out go1\n  out h1\n  out h1\n}\nout Y\nout hT\n",
     SPELLED_NODES},
    {"a condition that the numbers decide", 1, "h'  = tanh(W1@x + U1@h)\n",
     "in X f [5,3] ~\nin n i [] = 5\nconst W f [3,4] ~\nconst R f [4,4] ~\nin h0 f [4] ~\n"
     "const most f [] = 1.5\n"
     "Loop n - h0 -> hT {\n  in i i []\n  in go1 b []\n  in h f [4]\n"
     "  Gather X i -> x axis=0\n  MatMul x W -> a\n  MatMul h R -> d\n  Add a d -> s\n"
     "  Tanh s -> h1\n  ReduceSum h1 -> sum keepdims=0\n  Less sum most -> on\n"
     "  out on\n  out h1\n}\nout hT\n",
     SPELLED_NODES},
    {"no trip count, where the sequence ends", 1, "h'  = tanh(W1@x + U1@h)\n",
     "in X f [5,3] ~\nconst W f [3,4] ~\nconst R f [4,4] ~\nin h0 f [4] ~\n"
     "Loop - - h0 -> hT {\n  in i i []\n  in go1 b []\n  in h f [4]\n"
     "  Gather X i -> x axis=0\n  MatMul x W -> a\n  MatMul h R -> d\n  Add a d -> s\n"
     "  Tanh s -> h1\n  out go1\n  out h1\n}\nout hT\n",
     SPELLED_REFUSED},
    {"a step that is not the one of the loop", 1, "h'  = tanh(W1@x + U1@h)\n",
     "in X f [5,3] ~\nin n i [] = 3\nconst W f [3,4] ~\nconst R f [4,4] ~\nin h0 f [4] ~\n"
     "const one i [] = 1\n"
     "Loop n - h0 -> hT {\n  in i i []\n  in go1 b []\n  in h f [4]\n  Add i one -> j\n"
     "  Gather X j -> x axis=0\n  MatMul x W -> a\n  MatMul h R -> d\n  Add a d -> s\n"
     "  Tanh s -> h1\n  out go1\n  out h1\n}\nout hT\n",
     SPELLED_NODES},
    {"a matrix that is an input", 0, "",
     "in X f [5,3] ~\nin n i [] = 3\nconst W f [3,4] ~\nin R f [4,4] ~\nin h0 f [4] ~\n"
     "Loop n - h0 -> hT {\n  in i i []\n  in go1 b []\n  in h f [4]\n"
     "  Gather X i -> x axis=0\n  MatMul x W -> a\n  MatMul h R -> d\n  Add a d -> s\n"
     "  Tanh s -> h1\n  out go1\n  out h1\n}\nout hT\n",
     SPELLED_RUNS},
    {"an input that is added, and one number for all units", 0, "",
     "in X f [5,2,4] ~\nconst R f [4,4] ~\nconst r f [4,1] ~\nin h0 f [2,4] ~\n"
     "Scan h0 X -> hT Y num_scan_inputs=1 {\n  in h f [2,4]\n  in x f [2,4]\n"
     "  MatMul h R -> d\n  MatMul h r -> e\n  Add d e -> a\n  Add a x -> s\n  Tanh s -> h1\n"
     "  out h1\n  out h1\n}\nout Y\nout hT\n",
     SPELLED_RUNS},
    {"a number for all units that a product gives", 0, "",
     "in X f [5,2,4] ~\nconst R f [4,4] ~\nconst W f [4,4] ~\nconst r f [4,1] ~\nin h0 f [2,4] ~\n"
     "Scan h0 X -> hT Y num_scan_inputs=1 {\n  in h f [2,4]\n  in x f [2,4]\n"
     "  MatMul h R -> d\n  MatMul h r -> e\n  Mul d e -> a\n  MatMul x W -> w\n  Add a w -> s\n"
     "  Tanh s -> h1\n  out h1\n  out h1\n}\nout Y\nout hT\n",
     SPELLED_RUNS},
    {"a bias by row", 0, "",
     "in X f [5,4,4] ~\nconst R f [4,4] ~\nconst W f [4,4] ~\nconst b f [4,4] ~\nin h0 f [4,4] ~\n"
     "Scan h0 X -> hT Y num_scan_inputs=1 {\n  in h f [4,4]\n  in x f [4,4]\n"
     "  MatMul h R -> d\n  MatMul x W -> w\n  Add d w -> a\n  Add a b -> s\n"
     "  Tanh s -> h1\n  out h1\n  out h1\n}\nout Y\nout hT\n",
     SPELLED_RUNS},
    {"what is collected is none of the states", 1, "h'  = tanh(W1@x + U1@h)\n",
     "in X f [5,2,3] ~\nconst R f [4,4] ~\nconst W f [3,4] ~\nin h0 f [2,4] ~\n"
     "Scan h0 X -> hT Y num_scan_inputs=1 {\n  in h f [2,4]\n  in x f [2,3]\n"
     "  MatMul h R -> d\n  MatMul x W -> w\n  Add d w -> s\n  Tanh s -> h1\n  Neg h1 -> y\n"
     "  out h1\n  out y\n}\nout Y\nout hT\n",
     SPELLED_RUNS},
    {"a step whose cell state is made by others, and a part of it that is a cell", 1,
     "v1  = sigmoid(W1@x + U1@h + b1)\n"
     "v2  = sigmoid(W2@x + U2@h + b2)\n"
     "v3  = tanh(W3@x + U3@h + b3)\n"
     "h'  = v1*c + v2*v3\n"
     "c'  = sigmoid(W5@x + U5@h + b5)\n",
     "in x f [2,3] ~\nin h f [2,4] ~\nin c0 f [2,4] ~\nin mask f [2,4] ~\n" WEIGHTS
     "Mul c0 mask -> c\nMatMul x W -> a1\nMatMul h R -> a2\nAdd a1 a2 -> a3\nAdd a3 b -> a\n"
     "Mul c mask -> other\nSplit a -> i f g o axis=1\n" LSTM_STEP
     "Add tc other -> z\nMul z h1 -> z1\n"
     "out h1\nout c1\nout z1\n",
     SPELLED_RUNS},
    {"a step that takes what it gave, by another way", 0, "",
     "in x f [2,3] ~\nin h f [2,4] ~\nin c f [2,4] ~\n" WEIGHTS
     "MatMul x W -> a1\nMatMul h R -> a2\nAdd a1 a2 -> a3\nAdd a3 b -> a\nSplit a -> i f g o "
     "axis=1\n"
     "Sigmoid i -> is\nSigmoid f -> fs\nTanh g -> gt\nSoftmax fs -> soft axis=1\nSigmoid o -> os\n"
     "Mul fs c -> fc\nMul is gt -> ig\nAdd fc ig -> c1\nTanh c1 -> tc\nMul os tc -> h2\n"
     "Mul h2 soft -> h1\nout h1\nout c1\n",
     SPELLED_RUNS},
    {"parts of a Split that are no gates", 0, "",
     "in x f [2,8] ~\nconst E f [8,8] ~\nMatMul x E -> e\nSplit e -> a b axis=1\nMul a b -> y\n"
     "out y\n",
     SPELLED_RUNS},
    {"a Split of another axis", 0, "",
     "in x f [2,3] ~\nin h f [2,4] ~\nin c f [2,4] ~\n" WEIGHTS
     "MatMul x W -> a1\nMatMul h R -> a2\nAdd a1 a2 -> a\nSplit a -> p q axis=0\nSigmoid p -> y\n"
     "Mul q y -> z\nout z\n",
     SPELLED_RUNS},
    {NULL, 0, NULL, NULL, SPELLED_RUNS},
};
