"""Who owns which fields of an object: the sets in ``managedFields``, and server-side apply.

As ``sigs.k8s.io/structured-merge-diff`` and ``k8s.io/apimachinery/pkg/util/managedfields`` have it.
Works on documents and on `Shape`, and knows neither pipeline nor store: who converts documents to
other versions is told by the caller.

Kept light: nothing is imported before it is used.
"""
