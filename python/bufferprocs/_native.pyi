from typing import Any, Callable, Dict, List, Optional, Tuple

def examine(
    obj: object,
    *,
    mutate: List[Tuple[str, Callable[[], object]]],
    reenter: List[Tuple[str, Callable[[], object]]],
    contents: Optional[bytes],
    within: Optional[Tuple[int, int]],
    base: Optional[object],
    rule: Optional[str],
    ignore: List[str],
    follow: Optional[Callable[[str, int], object]],
) -> Dict[str, Any]: ...
