/* SPDX-License-Identifier: MIT */
/* Loops and Scans whose bodies are no cells, as texts; see loops.h. */
#include "runner/loops.h"

#include <stddef.h>

#define BODY "  in i i []\n  in go b []\n  in h f [2,4]\n"

const struct looped looped[] = {
    {"products, a sum and what is collected", NULL,
     "const n i [] = 5\nin y f [2,4] ~\nin x f [5,2,3] ~\nconst W f [3,4] ~\nconst R f [4,4] ~\n"
     "const b f [4] ~\nconst D f [4,2] ~\n"
     "Loop n - y -> last all tops {\n" BODY
     "  Gather x i -> one\n  MatMul one W -> p\n  MatMul h R -> q\n  Add p q -> s\n"
     "  Add s b -> a\n  Softmax a -> next axis=1\n  MatMul next D -> kept\n"
     "  ReduceMax next -> top axes=[1] keepdims=0\n"
     "  out go\n  out next\n  out kept\n  out top\n}\nout last\nout all\nout tops\n"},
    {"a Scan from the end, over the last axis, of floats and of whole numbers", NULL,
     "in h f [2] = 1 2\nin x f [2,3] = 1 2 3 10 20 30\nin m i [3] = 5 6 7\n"
     "Scan h x m -> last all back num_scan_inputs=2 scan_input_axes=[1,-1] "
     "scan_input_directions=[1,0] scan_output_axes=[-1,0] scan_output_directions=[1,0] {\n"
     "  in h1 f [2]\n  in x1 f [2]\n  in m1 i []\n  Add h1 x1 -> h2\n"
     "  out h2\n  out h2\n  out m1\n}\nout last\nout all\nout back\n"},
    {"a Scan of what lies turned, and back to front", NULL,
     "in x f [3,2,4] ~\nin h f [3] ~\nconst s i [1] = -1\nconst e i [1] = -9\nconst a i [1] = 0\n"
     "const d i [1] = -1\nSlice x s e a d -> flipped\nTranspose flipped -> t perm=[1,2,0]\n"
     "Scan h t -> last all num_scan_inputs=1 scan_input_directions=[1] {\n"
     "  in g f [3]\n  in z f [4,3]\n  const two i [1] = 2\n  const one i [1] = 1\n"
     "  Slice z one two -> row\n  const flat i [1] = 3\n  Reshape row flat -> r\n"
     "  Transpose z -> zt perm=[1,0]\n  Mul r g -> m\n  Sub m r -> next\n"
     "  out next\n  out zt\n}\nout last\nout all\n"},
    {"states that change places, and one that stays", NULL,
     "const n i [] = 3\nin x f [1,4] ~\nin y f [1,4] ~\nin z f [4,4] ~\nconst M f [4,4] ~\n"
     "Loop n - x y z M -> a b c k all {\n  in i i []\n  in go b []\n  in p f [1,4]\n  in q f "
     "[1,4]\n"
     "  in s f [4,4]\n  in w f [4,4]\n  MatMul p s -> sum\n  MatMul sum w -> mixed\n"
     "  Identity q -> other\n  Identity w -> same\n"
     "  out go\n  out other\n  out mixed\n  out s\n  out same\n  out q\n}\n"
     "out a\nout b\nout c\nout all\n"},
    {"a state that is turned in its place", NULL,
     "const n i [] = 3\nin x f [3,3] ~\n"
     "Loop n - x -> a {\n  in i i []\n  in go b []\n  in p f [3,3]\n"
     "  Transpose p -> t perm=[1,0]\n  out go\n  out t\n}\nout a\n"},
    {"steps that the model says", NULL,
     "in n i [] = 4\nin y f [2,4] ~\nconst R f [4,4] ~\n"
     "Loop n - y -> last {\n" BODY "  MatMul h R -> q\n  Tanh q -> next\n  out go\n  out next\n}\n"
     "out last\n"},
    {"fewer steps than none", NULL,
     "in n i [] = -5\nin y f [2,4] ~\n"
     "Loop n - y -> last {\n" BODY "  Add h h -> next\n  out go\n  out next\n}\nout last\n"},
    {"a condition that ends it", NULL,
     "in y f [2,4] = 1 1 1 1 1 1 1 3\nin first b [] = 1\nconst most f [] = 20\n"
     "Loop - first y -> last {\n" BODY "  Add h h -> next\n  ReduceMax next -> top keepdims=0\n"
     "  Less top most -> on\n  out on\n  out next\n}\nout last\n"},
    {"a condition that does not hold", NULL,
     "const n i [] = 5\nin first b [] = 0\nin y f [2,4] ~\n"
     "Loop n first y -> last {\n" BODY "  Add h h -> next\n  out go\n  out next\n}\nout last\n"},
    {"a condition that is counted, as while loops are exported", NULL,
     "in y f [2,4] ~\nconst zero n [] = 0\nconst one n [] = 1\nconst most n [] = 6\n"
     "const holds b [] = 1\nLoop - holds zero y -> count last all {\n"
     "  in i i []\n  in go b []\n  in c n []\n  in h f [2,4]\n"
     "  Add c one -> c1\n  Less c1 most -> on\n  Cast c -> cf to=1\n  Add h cf -> next\n"
     "  out on\n  out c1\n  out next\n  out next\n}\nout last\nout all\n"},
    {"one step, as its condition is false", NULL,
     "in y f [2,4] ~\nconst no b [] = 0\n"
     "Loop - - y -> last all {\n" BODY "  Add h h -> next\n  out no\n  out next\n  out h\n}\n"
     "out last\nout all\n"},
    {"a loop in a loop, and an If in that", NULL,
     "const n i [] = 3\nin y f [1] = 0\nin step f [1] = 10\nconst zero i [] = 0\n"
     "Loop n - y -> last all {\n  in i i []\n  in go b []\n  in h f [1]\n"
     "  Loop i - h -> inner {\n    in j i []\n    in go2 b []\n    in k f [1]\n"
     "    Equal j zero -> first\n    If first -> next {\n      Add k step -> next1\n"
     "      out next1\n    } else {\n      Cast i -> outer to=1\n      Add k outer -> next2\n"
     "      out next2\n    }\n    out go2\n    out next\n  }\n"
     "  out go\n  out inner\n  out inner\n}\nout last\nout all\n"},
    {"a Scan in a Scan, of one step of what is scanned", NULL,
     "in x f [3,4,2] ~\nin h f [2] ~\nconst R f [2,2] ~\n"
     "Scan h x -> last all num_scan_inputs=1 {\n  in g f [2]\n  in row f [4,2]\n"
     "  Scan g row -> inner each num_scan_inputs=1 scan_input_directions=[1] "
     "scan_output_axes=[1] {\n"
     "    in k f [2]\n    in z f [2]\n    MatMul k R -> m\n    Add m z -> s\n    Relu s -> next\n"
     "    out next\n    out m\n  }\n  out inner\n  out each\n}\nout last\nout all\n"},
    {"an LSTM in each step", NULL,
     "const n i [] = 3\nin x f [2,1,3] ~\nconst W f [1,16,3] ~\nconst R f [1,16,4] ~\n"
     "const D f [4,3] ~\nin h0 f [1,1,4] ~\n"
     "Loop n - x -> last all {\n  in i i []\n  in go b []\n  in g f [2,1,3]\n"
     "  LSTM g W R - - h0 -> Y Yh hidden_size=4\n  const axis i [1] = 1\n  Squeeze Y axis -> y\n"
     "  MatMul y D -> next\n  out go\n  out next\n  out Yh\n}\nout last\nout all\n"},
    {"a Conv over states, and elements with exponentials", NULL,
     "const n i [] = 4\nin x f [1,2,8] ~\nconst K f [2,2,3] ~\n"
     "Loop n - x -> last all {\n  in i i []\n  in go b []\n  in g f [1,2,8]\n"
     "  Conv g K -> c pads=[1,1]\n  Sigmoid c -> s\n  Tanh g -> e\n  Mul s e -> next\n"
     "  out go\n  out next\n  out s\n}\nout last\nout all\n"},
    {"a state of 32 bits that wraps, and one that is quantised in each step", NULL,
     "const k i [] = 3\nin c f [2] = 2147483520 5\nin y f [2,4] ~\nconst s f [] = 0.02\n"
     "const most n [2] = 2147483647 5\nconst R f [4,4] ~\nCast c -> c0 to=6\n"
     "Loop k - c0 y -> last end all {\n  in i i []\n  in go b []\n  in d n [2]\n  in h f [2,4]\n"
     "  Add d most -> d1\n  MatMul h R -> p\n  QuantizeLinear p s -> q\n"
     "  DequantizeLinear q s -> next\n  out go\n  out d1\n  out next\n  out d1\n}\n"
     "Cast last -> sum to=7\nout sum\nout end\nout all\n"},
    {"a step of one that grows", "its state 0 changes its type or shape",
     "const n i [] = 3\nin y f [1] ~\nLoop n - y -> last {\n  in i i []\n  in go b []\n  in h f\n"
     "  Concat h h -> next axis=0\n  out go\n  out next\n}\nout last\n"},
    {"collected as often as the model says", "decides the shape of what it collects",
     "in n i [] = 3\nin y f [2,4] ~\n"
     "Loop n - y -> last all {\n" BODY "  Add h h -> next\n  out go\n  out next\n  out h\n}\n"
     "out last\nout all\n"},
    {"collected while a condition holds", "decides the shape of what it collects",
     "const n i [] = 9\nin y f [2,4] ~\nconst most f [] = 20\n"
     "Loop n - y -> last all {\n" BODY "  Add h h -> next\n  ReduceMax next -> top keepdims=0\n"
     "  Less top most -> on\n  out on\n  out next\n  out h\n}\nout last\nout all\n"},
    {"a condition for which very much is computed", "decides the shape of what it collects",
     "in y f [2,4] ~\nconst W f [60,60] ~\nconst zero i [] = 0\nconst one i [] = 1\n"
     "const most f [] = 300\nconst zero1 f [] = 0\nconst holds b [] = 1\n"
     "Loop - holds zero y -> count last all {\n  in i i []\n  in go b []\n  in c i []\n"
     "  in h f [2,4]\n  Add c one -> c1\n  Cast c1 -> f to=1\n  Mul W f -> m\n  MatMul m W -> p\n"
     "  ReduceMin p -> s keepdims=0\n  Min s f -> t\n  Sub t s -> u\n  Mul u zero1 -> v\n"
     "  Add v f -> k\n  Less k most -> on\n  Add h h -> next\n"
     "  out on\n  out c1\n  out next\n  out h\n}\nout last\nout all\n"},
    {"no step is collected", "it has no steps, and collects what they give",
     "const n i [] = 0\nin y f [2,4] ~\n"
     "Loop n - y -> last all {\n" BODY "  Add h h -> next\n  out go\n  out next\n  out h [2,4]\n}\n"
     "out last\nout all\n"},
    {NULL, NULL, NULL}};
